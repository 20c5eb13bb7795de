import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { loadConfig, problemLine } from '@angarium/host'
import { type Configuration, configSchema } from '../config/schema.ts'
import { type Console, UsageError } from './console.ts'

/** Looked for where no `--config` is given, in this order. */
const places = ['angarium.yaml', '/etc/angarium/angarium.yaml']

/**
 * Loads the configuration, or tells all that is wrong with it.
 *
 * @throws UsageError when no file is given and there is none in the usual places.
 */
export function loadConfiguration(given: string | undefined, console: Console): Configuration | undefined {
  const file = given ?? places.find((place) => existsSync(place))
  if (file === undefined) throw new UsageError(`no configuration: use --config, or write ${places.join(' or ')}`)
  const loaded = loadConfig(configSchema(dirname(resolve(file))), file)
  if (loaded.kind === 'loaded') return loaded.value
  for (const problem of loaded.problems) console.err(problemLine(problem))
  return undefined
}
