import { type AdminProcedure, HostError } from '@angarium/host'
import {
  type Change,
  type Clock,
  type CorruptEntry,
  type CountBy,
  countEntries,
  type Entry,
  type Filter,
  type Log,
  type Progress,
  QueueError,
  type QueueId,
  type QueueStore,
} from '@angarium/queue'
import { type Explanation, explainAtRest } from '../explain.ts'
import type { Station } from '../station.ts'
import type { CheckOptions, Finding, StationStore } from '../store.ts'
import {
  type CheckedCalls,
  checkedCall,
  countsTold,
  type QueueAnswers,
  type QueueCalls,
  type QueueCounts,
} from './calls.ts'

/** What the procedures work on. */
export interface QueueDesk {
  readonly store: StationStore
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** The server at work; without one nothing is delivered. */
  readonly station?: Pick<Station, 'explain' | 'snapshot'>
}

type Handlers = {
  readonly [K in keyof QueueCalls]?: (input: CheckedCalls[K]) => AsyncIterable<QueueAnswers[K]>
}

/**
 * What an operator may do with a queue, as procedures of the administration socket: `list` yields entries, `count` numbers
 * of them, `show` one, `content` octets in base64, `explain` why a message is where it is, `change` what it did to each
 * message, `stats` the counts, `destinations` what is being delivered, where a server is at work; `check` what is wrong
 * with the store, and `backup` where the copy is, where the store can do that.
 */
export function queueProcedures(desk: QueueDesk): ReadonlyMap<string, AdminProcedure> {
  const { store, log, station } = desk
  const handlers: Handlers = {
    list: ({ filter }) => store.scan(filter),
    count: ({ filter, by }) => one(count(desk, filter, by)),
    show: ({ id }) => one(entryOf(store, 'show', id)),
    content: ({ id }) => content(store, id as QueueId),
    explain: ({ id }) => explain(store, id, station),
    change: ({ filter, change }) => applied(store, log, filter, change),
    stats: () => one(store.stats()),
    ...(station && { destinations: () => one(station.snapshot()) }),
    ...(store.check && { check: (how) => check(desk, how) }),
    ...(store.backup && { backup: ({ directory }) => backup(desk, directory) }),
  }
  return new Map(
    Object.entries(handlers).map(([name, handle]) => [
      name,
      (input) => (handle as (input: unknown) => AsyncIterable<unknown>)(checkedCall(name as keyof QueueCalls, input)),
    ]),
  )
}

async function* one<T>(value: T | Promise<T>): AsyncGenerator<T> {
  yield await value
}

async function count({ store, clock }: QueueDesk, filter: Filter, by: CountBy): Promise<QueueCounts> {
  const { counts, corrupt } = await countEntries(store.scan(filter), by, { now: clock.now(), filter })
  return { counts: counts.slice(0, countsTold), more: Math.max(0, counts.length - countsTold), corrupt }
}

async function entryOf(store: QueueStore, procedure: string, id: string): Promise<Entry | CorruptEntry> {
  for await (const entry of store.scan({ ids: [id] })) return entry
  throw unknownMessage(procedure, id)
}

async function* explain(store: QueueStore, id: string, station: QueueDesk['station']): AsyncGenerator<Explanation> {
  const entry = await entryOf(store, 'explain', id)
  if (entry.kind === 'corrupt')
    throw new HostError('HOST_ADMIN_REFUSED', `message ${id} is corrupt: ${entry.because}`, { procedure: 'explain' })
  yield station === undefined ? explainAtRest(entry) : await station.explain(entry)
}

async function* content(store: QueueStore, id: QueueId): AsyncGenerator<string> {
  try {
    for await (const octets of store.read(id)) yield Buffer.from(octets).toString('base64')
  } catch (error) {
    if (QueueError.is(error, 'QUEUE_NOT_FOUND')) throw unknownMessage('content', id)
    if (QueueError.is(error, 'QUEUE_CORRUPT'))
      throw new HostError('HOST_ADMIN_REFUSED', error.message, { procedure: 'content' })
    throw error
  }
}

async function* check({ store, log }: QueueDesk, how: CheckOptions): AsyncGenerator<Finding> {
  for await (const finding of store.check?.(how) ?? []) {
    if (finding.repaired) log.info('queue-repaired', { ...finding })
    yield finding
  }
}

async function* backup({ store, log }: QueueDesk, directory: string): AsyncGenerator<string> {
  try {
    await store.backup?.(directory)
  } catch (error) {
    if (!(error instanceof Error && error.name === 'QueueError')) throw error
    const because = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
    throw new HostError('HOST_ADMIN_REFUSED', because, { procedure: 'backup' })
  }
  log.info('queue-backed-up', { directory })
  yield directory
}

async function* applied(store: QueueStore, log: Log, filter: Filter, change: Change): AsyncGenerator<Progress> {
  const { kind, ...more } = change
  for await (const progress of store.change(filter, change)) {
    log.info('queue-changed', { id: progress.id, change: kind, ...more, recipients: progress.recipients })
    yield progress
  }
}

function unknownMessage(procedure: string, id: string): HostError {
  return new HostError('HOST_ADMIN_REFUSED', `there is no message ${id} in the queue`, { procedure })
}
