import { parseArgs } from 'node:util'
import { createLogger, exitCodes, type HostLog, runService, type Service } from '@angarium/host'
import type { StationConfiguration } from '../configuration/settings.ts'
import { type ConfigFile, loadConfiguration } from './config-file.ts'
import type { Command } from './program.ts'

/** `serve`: runs a server until a signal ends it; with `--check` only tells what is wrong with its configuration. */
export function serveCommand<C extends StationConfiguration>(
  file: ConfigFile<C>,
  start: (config: C, log: HostLog) => Promise<Service>,
): Command {
  return async (args, console) => {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, check: { type: 'boolean', default: false } },
    })
    const config = loadConfiguration(file, values.config, console)
    if (config === undefined) return exitCodes.config
    if (values.check) {
      console.out('the configuration is all right')
      return exitCodes.ok
    }
    const { level, file: to } = config.log
    const log = createLogger({ level, ...(to !== undefined && { to }) })
    return runService({ start: () => start(config, log), drainMs: config.drain, log })
  }
}
