import { exitCodes, jsonSchema } from '@angarium/host'
import { settings } from '../config/settings.ts'
import { type Console, UsageError } from './console.ts'

/** `angarium config schema`: prints the JSON Schema of the configuration file, for editors. */
export function configCommand(args: readonly string[], console: Console): number {
  if (args.length !== 1 || args[0] !== 'schema') throw new UsageError('config knows one word: schema')
  console.out(JSON.stringify(jsonSchema(settings), undefined, 2))
  return exitCodes.ok
}
