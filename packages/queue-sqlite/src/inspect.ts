import type { Change, Clock, CorruptEntry, Cursor, Entry, Filter, Progress, QueueId } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { entryOf } from '@angarium/queue/lifecycle'
import type { Vault } from './bodies/vault.ts'
import { messageFacts, workOfRow } from './database/rows.ts'
import type { Answered, Link } from './thread/link.ts'
import type { Stretch } from './thread/protocol.ts'

/** The thread, while the store is open; throws QUEUE_CLOSED otherwise. */
type Demand = (operation: string) => Link

/** A content that came with an answer, as a buffer of its own. */
export function stretch(contents: ArrayBuffer, { at, length }: Stretch): Uint8Array {
  return new Uint8Array(contents, at, length).slice()
}

/** What `QueueStore.read` yields. */
export async function* readContent(demand: Demand, vault: Vault, id: QueueId): AsyncGenerator<Uint8Array> {
  const { answer, contents } = await demand('read').ask('read', { id })
  if (answer === undefined) throw notFound(id)
  if (answer.kind === 'corrupt') {
    const { because } = answer
    throw new QueueError('QUEUE_CORRUPT', `message ${id}: ${because}`, { id, because })
  }
  if (answer.kind === 'row') {
    yield stretch(contents, answer.body)
    return
  }
  try {
    yield* vault.read(id, answer.size, answer.sum)
  } catch (error) {
    if (QueueError.is(error, 'QUEUE_CORRUPT')) await spoiled(demand, id, error.detail.because)
    throw error
  }
}

/** A file was found damaged, unless the message has gone since, and the file with it. */
async function spoiled(demand: Demand, id: QueueId, because: string): Promise<void> {
  const link = demand('read')
  const { answer } = await link.ask('read', { id })
  if (answer === undefined) throw notFound(id)
  await link.ask('mend', { repair: { kind: 'set-aside', id, because }, now: 0 })
}

function notFound(id: QueueId): QueueError {
  return new QueueError('QUEUE_NOT_FOUND', `no message ${id}`, { id })
}

/** What `QueueStore.scan` yields. */
export async function* scanEntries(
  demand: Demand,
  filter: Filter,
  after: Cursor,
): AsyncGenerator<Entry | CorruptEntry> {
  for (let from: string | undefined = after; from !== undefined; ) {
    const { answer: page }: Answered<'scan'> = await demand('scan').ask('scan', { filter, after: from })
    for (const entry of page.entries)
      if (entry.kind === 'corrupt') yield entry
      else yield entryOf(messageFacts(entry.row), entry.works.map(workOfRow))
    from = page.next
  }
}

/** What `QueueStore.change` yields, a step at a time. */
export async function* changeEntries(
  demand: Demand,
  filter: Filter,
  change: Change,
  clock: Clock,
): AsyncGenerator<readonly Progress[]> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const { answer }: Answered<'change'> = await demand('change').ask('change', {
      filter,
      after,
      change,
      now: clock.now(),
    })
    yield answer.progress.map(({ id, recipients }) => ({ id: id as QueueId, recipients }))
    after = answer.next
  }
}
