import { statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCodes, HostError } from '@angarium/host'
import {
  type CorruptEntry,
  type Entry,
  type Filter,
  type Progress,
  type QueueId,
  type QueueStats,
  type QueueStore,
  silentLog,
} from '@angarium/queue'
import { type ConfigFile, loadConfiguration } from '../command/config-file.ts'
import { type Console, UsageError } from '../command/console.ts'
import type { Command } from '../command/program.ts'
import type { StationConfiguration } from '../configuration/settings.ts'
import { type QueueAccess, withQueue } from './access.ts'
import type { QueueCalls } from './procedures.ts'
import { counts, details, summary } from './view.ts'

/** Whose queue it is. */
export interface QueueProgram<C> {
  /** Of the program, for messages. */
  readonly name: string
  readonly file: ConfigFile<C>
  /** The store in a folder, not yet open. */
  createStore(directory: string): QueueStore
}

/** Where the queue of a configuration is, or would be. */
export function queueFolder({ data }: Pick<StationConfiguration, 'data'>): string {
  return join(data, 'queue')
}

const changes = { retry: 'expedite', release: 'release', remove: 'remove', hold: 'hold' } as const

/** `queue`: looks at the queue and changes it, through the server or, where none runs, directly. */
export function queueCommand<C extends StationConfiguration>(program: QueueProgram<C>): Command {
  return async ([action, ...rest], console) => {
    const { values, positionals: ids } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        filter: { type: 'string', multiple: true, default: [] },
        all: { type: 'boolean', default: false },
        early: { type: 'boolean', default: false },
        because: { type: 'string', default: 'held by the operator' },
        content: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    })
    const filter = parseFilter(values.filter)
    const filtered = values.filter.length > 0
    const tell: Console = { ...console, err: (line) => console.err(`${program.name} queue: ${line}`) }
    const work = workOf(action, { ...values, filtered, filter, ids: ids as QueueId[] }, tell)
    const config = loadConfiguration(program.file, values.config, console)
    if (config === undefined) return exitCodes.config
    const folder = queueFolder(config)
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) {
      tell.err(`there is no queue in ${config.data}`)
      return exitCodes.noInput
    }
    return await withQueue(config.admin.socket, program.createStore(folder), silentLog, work)
  }
}

interface Wanted {
  readonly ids: readonly QueueId[]
  readonly filter: Filter
  readonly filtered: boolean
  readonly all: boolean
  readonly early: boolean
  readonly because: string
  readonly content: boolean
  readonly json: boolean
}

type Work = (call: QueueAccess) => Promise<number>

/** What a command line asks for; the work answers the exit code. */
function workOf(action: string | undefined, wanted: Wanted, console: Console): Work {
  const { ids, filter, filtered, all, early, because, content, json } = wanted
  const [id] = ids
  const told = json ? jsonList(console) : undefined
  switch (action) {
    case 'list':
      if (id !== undefined) throw new UsageError('queue list takes no id; use queue show')
      return async (call) => {
        const entries = call('list', { filter }) as AsyncIterable<Entry | CorruptEntry>
        if (told !== undefined) return told(entries)
        let count = 0
        for await (const entry of entries) {
          count++
          for (const line of summary(entry, Date.now())) console.out(line)
        }
        console.out(count === 0 ? 'no messages' : counted(count, 'message'))
        return exitCodes.ok
      }
    case 'show':
      if (id === undefined || ids.length > 1) throw new UsageError('queue show needs the id of one message')
      if (content)
        return async (call) => {
          for await (const piece of call('content', { id })) process.stdout.write(Buffer.from(String(piece), 'base64'))
          return exitCodes.ok
        }
      return async (call) => {
        for await (const entry of call('show', { id }) as AsyncIterable<Entry | CorruptEntry>)
          for (const line of json ? [JSON.stringify(entry)] : details(entry, Date.now())) console.out(line)
        return exitCodes.ok
      }
    case 'stats':
      return async (call) => {
        for await (const stats of call('stats', undefined) as AsyncIterable<QueueStats>)
          for (const line of json ? [JSON.stringify(stats)] : counts(stats)) console.out(line)
        return exitCodes.ok
      }
    case 'retry':
    case 'release':
    case 'remove':
    case 'hold': {
      if (Number(ids.length > 0) + Number(filtered) + Number(all) !== 1)
        throw new UsageError(`queue ${action} needs either ids of messages, or --filter, or --all`)
      if (early && action !== 'release') throw new UsageError(`queue ${action} knows no --early; queue release does`)
      const kind = changes[action]
      const change = {
        kind,
        ...(kind === 'hold' && { because }),
        ...(early && { early }),
      } as QueueCalls['change']['change']
      const selection = ids.length > 0 ? [...ids] : filter
      return async (call) => {
        const changed = new Set<QueueId>()
        const noted = noting(call('change', { selection, change }) as AsyncIterable<Progress>, changed)
        if (told !== undefined) await told(noted)
        else {
          for await (const one of noted) console.out(`${one.id}  ${counted(one.recipients, 'recipient')}`)
          console.out(`${action}: ${counted(changed.size, 'message')}`)
          const held = action === 'retry' ? await countHeld(call, filter, ids) : 0
          if (held > 0) console.out(`left alone: ${counted(held, 'held message')}; see queue release`)
        }
        const unchanged = [...new Set(ids)].filter((one) => !changed.has(one))
        return tellUnknown(call, unchanged, console)
      }
    }
    default:
      throw new UsageError(
        `${action === undefined ? 'what?' : `no ${action};`} list, show, stats, retry, hold, release or remove`,
      )
  }
}

/** Keeps the ids of what passes. */
async function* noting(all: AsyncIterable<Progress>, ids: Set<QueueId>): AsyncGenerator<Progress> {
  for await (const one of all) {
    ids.add(one.id)
    yield one
  }
}

/** Messages chosen that have held recipients, which are not tried again. */
async function countHeld(call: QueueAccess, filter: Filter, ids: readonly QueueId[]): Promise<number> {
  if (filter.state !== undefined && filter.state !== 'held') return 0
  let count = 0
  for await (const { id } of call('list', { filter: { ...filter, state: 'held' } }) as AsyncIterable<{ id: QueueId }>)
    if (ids.length === 0 || ids.includes(id)) count++
  return count
}

/** Tells which of these are not in the queue; answers the exit code. */
async function tellUnknown(call: QueueAccess, ids: readonly QueueId[], console: Console): Promise<number> {
  let code: number = exitCodes.ok
  for (const id of ids)
    try {
      for await (const _ of call('show', { id }));
    } catch (error) {
      if (!HostError.is(error, 'HOST_ADMIN_REFUSED')) throw error
      console.err(error.message)
      code = exitCodes.data
    }
  return code
}

/** Prints values as one list in JSON, each on a line of its own; answers the exit code. */
function jsonList(console: Console): (values: AsyncIterable<unknown>) => Promise<number> {
  return async (values) => {
    let line = '['
    for await (const value of values) {
      console.out(line)
      line = `${JSON.stringify(value)},`
    }
    console.out(line === '[' ? '[]' : `${line.slice(0, -1)}\n]`)
    return exitCodes.ok
  }
}

const filterKeys = { state: 'state', destination: 'destination', from: 'reversePath', to: 'recipient' } as const

/** Reads `state=held`, `destination=example.com`, `from=a@b`, `to=c@d`. @throws UsageError */
function parseFilter(texts: readonly string[]): Filter {
  const filter: Partial<Record<keyof Filter, string>> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    const key = text.slice(0, Math.max(0, at))
    if (!Object.hasOwn(filterKeys, key))
      throw new UsageError(`--filter ${text}: expected state=, destination=, from= or to=, and a value`)
    filter[filterKeys[key as keyof typeof filterKeys]] = text.slice(at + 1)
  }
  const { state } = filter
  if (state !== undefined && !['queued', 'leased', 'held'].includes(state))
    throw new UsageError(`--filter state=${state}: expected queued, leased or held`)
  return filter as Filter
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
