import { type AdminProcedure, HostError } from '@angarium/host'
import type { Change, Filter, Log, QueueId, QueueStore } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { asciiLower } from '@angarium/smtp-wire'
import * as z from 'zod'

const filter = z
  .strictObject({
    state: z.enum(['queued', 'leased', 'held']).optional(),
    // Domains in destinations are in lower case.
    destination: z.string().transform(asciiLower).optional(),
    reversePath: z.string().optional(),
    recipient: z.string().optional(),
  })
  .transform((value) => value as Filter)

const change = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('hold'), because: z.string().min(1).max(1_000) }),
    z.strictObject({ kind: z.literal('release'), early: z.literal(true).optional() }),
    z.strictObject({ kind: z.enum(['expedite', 'remove']) }),
  ])
  .transform((value) => value as Change)

const id = z.string().transform((text) => text as QueueId)

const inputs = {
  list: z.strictObject({ filter }),
  show: z.strictObject({ id }),
  content: z.strictObject({ id }),
  change: z.strictObject({ selection: z.union([filter, z.array(id).max(1_000)]), change }),
  stats: z.undefined(),
}

/** Names of the procedures, with what each takes. */
export type QueueCalls = { readonly [K in keyof typeof inputs]: z.input<(typeof inputs)[K]> }

/**
 * What an operator may do with a queue, as procedures of the administration socket: `list` yields entries, `show` one,
 * `content` octets in base64, `change` what it did to each message, `stats` the counts.
 */
export function queueProcedures(store: QueueStore, log: Log): ReadonlyMap<keyof QueueCalls, AdminProcedure> {
  return new Map<keyof QueueCalls, AdminProcedure>([
    ['list', (input) => store.scan(checked('list', input).filter)],
    ['show', (input) => show(store, checked('show', input).id)],
    ['content', (input) => content(store, checked('content', input).id)],
    ['change', (input) => applied(store, log, checked('change', input))],
    [
      'stats',
      (input) => {
        checked('stats', input)
        return stats(store)
      },
    ],
  ])
}

function checked<K extends keyof typeof inputs>(procedure: K, input: unknown): z.output<(typeof inputs)[K]> {
  const result = inputs[procedure].safeParse(input)
  if (!result.success)
    throw new HostError('HOST_ADMIN_REFUSED', `${procedure}: ${z.prettifyError(result.error)}`, { procedure })
  return result.data as z.output<(typeof inputs)[K]>
}

async function* stats(store: QueueStore): AsyncGenerator<unknown> {
  yield await store.stats()
}

async function* show(store: QueueStore, id: QueueId): AsyncGenerator<unknown> {
  // A scan begins after its cursor, and a text comes after its own beginning.
  for await (const entry of store.scan({}, id.slice(0, -1))) {
    if (entry.id >= id) {
      if (entry.id !== id) break
      yield entry
      return
    }
  }
  throw unknownMessage('show', id)
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

async function* applied(
  store: QueueStore,
  log: Log,
  { selection, change }: { selection: Filter | readonly QueueId[]; change: Change },
): AsyncGenerator<unknown> {
  for await (const progress of store.change(selection, change)) {
    log.info('queue-changed', { id: progress.id, change: change.kind, recipients: progress.recipients })
    yield progress
  }
}

function unknownMessage(procedure: string, id: string): HostError {
  return new HostError('HOST_ADMIN_REFUSED', `there is no message ${id} in the queue`, { procedure })
}
