import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { exitCodes, jsonSchema, loadConfig, problemLine } from '@angarium/host'
import type * as z from 'zod'
import { type Console, UsageError } from './console.ts'
import type { Command } from './program.ts'

/** A program's configuration file. */
export interface ConfigFile<C> {
  /** Looked for where no `--config` is given, in this order. */
  readonly places: readonly string[]
  /** One setting at a time, for editors. */
  readonly settings: z.ZodType
  /** The file as a whole; paths in it are taken from `folder`. */
  schema(folder: string): z.ZodType<C>
}

/**
 * Loads the configuration, or tells all that is wrong with it.
 *
 * @throws UsageError when no file is given and there is none in the usual places.
 */
export function loadConfiguration<C>(
  { places, schema }: ConfigFile<C>,
  given: string | undefined,
  console: Console,
): C | undefined {
  const file = given ?? places.find((place) => existsSync(place))
  if (file === undefined) throw new UsageError(`no configuration: use --config, or write ${places.join(' or ')}`)
  const loaded = loadConfig(schema(dirname(resolve(file))), file)
  if (loaded.kind === 'loaded') return loaded.value
  for (const problem of loaded.problems) console.err(problemLine(problem))
  return undefined
}

/** `config schema`: prints the JSON Schema of the configuration file, for editors. */
export function configCommand({ settings }: ConfigFile<unknown>): Command {
  return (args, console) => {
    if (args.length !== 1 || args[0] !== 'schema') throw new UsageError('config knows one word: schema')
    console.out(JSON.stringify(jsonSchema(settings), undefined, 2))
    return exitCodes.ok
  }
}
