import { parseArgs } from 'node:util'
import { createLogger, exitCodes, runService } from '@angarium/host'
import { production } from '../compose/production.ts'
import { loadConfiguration } from './config-file.ts'
import type { Console } from './console.ts'

/** `angarium serve`: runs the MTA until a signal ends it; with `--check` only tells what is wrong with its configuration. */
export async function serveCommand(args: readonly string[], console: Console): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, check: { type: 'boolean', default: false } },
  })
  const config = loadConfiguration(values.config, console)
  if (config === undefined) return exitCodes.config
  if (values.check) {
    console.out('the configuration is all right')
    return exitCodes.ok
  }
  const { level, file } = config.log
  const log = createLogger({ level, ...(file !== undefined && { to: file }) })
  return runService({ start: () => production(config, log), drainMs: config.drain, log })
}
