import { parseArgs } from 'node:util'
import { exitCodes } from '@angarium/host'
import type { CorruptEntry, Entry, Filter, Progress, QueueId } from '@angarium/queue'
import { silentLog } from '@angarium/queue'
import { type QueueAccess, withQueue } from '../admin/queue-access.ts'
import { createStore } from '../compose/store.ts'
import { loadConfiguration } from './config-file.ts'
import { type Console, UsageError } from './console.ts'
import { details, summary } from './queue-view.ts'

const changes = { retry: 'expedite', release: 'release', remove: 'remove', hold: 'hold' } as const

/** `angarium queue`: looks at the queue and changes it, through the server or, where none runs, directly. */
export async function queueCommand([action, ...rest]: readonly string[], console: Console): Promise<number> {
  const { values, positionals: ids } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      filter: { type: 'string', multiple: true, default: [] },
      all: { type: 'boolean', default: false },
      because: { type: 'string', default: 'held by the operator' },
      content: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const filter = parseFilter(values.filter)
  const work = workOf(action, { ...values, filtered: values.filter.length > 0, filter, ids: ids as QueueId[] }, console)
  const config = loadConfiguration(values.config, console)
  if (config === undefined) return exitCodes.config
  await withQueue(config.admin.socket, createStore(config), silentLog, work)
  return exitCodes.ok
}

interface Wanted {
  readonly ids: readonly QueueId[]
  readonly filter: Filter
  readonly filtered: boolean
  readonly all: boolean
  readonly because: string
  readonly content: boolean
  readonly json: boolean
}

function workOf(action: string | undefined, wanted: Wanted, console: Console): (call: QueueAccess) => Promise<void> {
  const { ids, filter, filtered, all, because, content, json } = wanted
  const [id] = ids
  const print = (value: unknown, lines: () => Iterable<string>): void => {
    for (const line of json ? [JSON.stringify(value)] : lines()) console.out(line)
  }
  switch (action) {
    case 'list':
      if (id !== undefined) throw new UsageError('queue list takes no id; use queue show')
      return async (call) => {
        let count = 0
        for await (const entry of call('list', { filter }) as AsyncIterable<Entry | CorruptEntry>) {
          count++
          print(entry, () => summary(entry, Date.now()))
        }
        if (!json) console.out(count === 0 ? 'no messages' : counted(count, 'message'))
      }
    case 'show':
      if (id === undefined || ids.length > 1) throw new UsageError('queue show needs the id of one message')
      if (content)
        return async (call) => {
          for await (const piece of call('content', { id })) process.stdout.write(Buffer.from(String(piece), 'base64'))
        }
      return async (call) => {
        for await (const entry of call('show', { id }) as AsyncIterable<Entry | CorruptEntry>)
          print(entry, () => details(entry, Date.now()))
      }
    case 'retry':
    case 'release':
    case 'remove':
    case 'hold': {
      if (Number(ids.length > 0) + Number(filtered) + Number(all) !== 1)
        throw new UsageError(`queue ${action} needs either ids of messages, or --filter, or --all`)
      const kind = changes[action]
      const change = kind === 'hold' ? { kind, because } : { kind }
      return async (call) => {
        let count = 0
        const selection = ids.length > 0 ? [...ids] : filter
        for await (const one of call('change', { selection, change }) as AsyncIterable<Progress>) {
          count++
          print(one, () => [`${one.id}  ${counted(one.recipients, 'recipient')}`])
        }
        if (!json) console.out(`${action}: ${counted(count, 'message')}`)
      }
    }
    default:
      throw new UsageError(
        `${action === undefined ? 'what?' : `no ${action};`} list, show, retry, hold, release or remove`,
      )
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
