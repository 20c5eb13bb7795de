import { statSync } from 'node:fs'
import { exitCodes } from '@angarium/host'
import { type DestinationKey, silentLog } from '@angarium/queue'
import { type ConfigFile, loadConfiguration } from '../command/config-file.ts'
import type { Console } from '../command/console.ts'
import type { Command } from '../command/program.ts'
import type { StationConfiguration } from '../configuration/settings.ts'
import type { Drivers } from '../drivers.ts'
import { queueFolder } from '../folder.ts'
import type { CheckOptions } from '../store.ts'
import { withQueue } from './access.ts'
import type { QueueAction } from './action.ts'
import { type Action, parseQueueArguments } from './arguments.ts'
import { backup, check } from './care.ts'
import { change } from './change.ts'
import { count, destinations, explain, list, show, stats } from './look.ts'

/** Whose queue it is. */
export interface QueueProgram<C> {
  /** Of the program, for messages. */
  readonly name: string
  readonly file: ConfigFile<C>
  readonly drivers: Pick<Drivers<never>, 'clock' | 'createStore' | 'checkQueue'>
  /** The queue's destination for mail to an address. */
  destinationOf(config: C): (address: string) => DestinationKey
}

/** `queue`: looks at the queue and changes it, through the server or, where none runs, directly. */
export function queueCommand<C extends StationConfiguration>(program: QueueProgram<C>): Command {
  return async (args, console) => {
    const { clock, createStore, checkQueue } = program.drivers
    const wanted = parseQueueArguments(args, clock.now())
    const tell: Console = { ...console, err: (line) => console.err(`${program.name} queue: ${line}`) }
    const config = loadConfiguration(program.file, wanted.config, console)
    if (config === undefined) return exitCodes.config
    const directory = queueFolder(config)
    if (statSync(directory, { throwIfNoEntry: false }) === undefined) {
      tell.err(`there is no queue in ${config.data}`)
      return exitCodes.noInput
    }
    // Mail goes there as mail to that domain does.
    const to = wanted.to && program.destinationOf(config)(`postmaster@${wanted.to}`)
    const work = actions[wanted.action]
    const { minFree } = config.queue
    const options = { directory, clock, log: silentLog, minFree }
    const queue = { ...options, store: createStore(options), check: (how: CheckOptions) => checkQueue(options, how) }
    return withQueue(config.admin.socket, queue, (call) => work(call, { ...wanted, to }, tell))
  }
}

const actions: Readonly<Record<Action, QueueAction>> = {
  list,
  count,
  show,
  explain,
  stats,
  destinations,
  retry: change,
  hold: change,
  release: change,
  remove: change,
  reroute: change,
  check,
  backup,
}
