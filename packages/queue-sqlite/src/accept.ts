import type { CommitOptions, Envelope, Instant, QueueId } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
import { factsOf, leaseWork, workOf } from '@angarium/queue/lifecycle'
import { messageRow, workRow } from './database/rows.ts'
import type { NewMessage } from './thread/protocol.ts'

/** What is known of a content. */
interface ContentFacts {
  readonly size: number
  /** Its checksum. */
  readonly sum: number
  /** Whether it is a file of its own. */
  readonly filed: boolean
}

/** A message being accepted, its work leased where that is wanted, and the rows it becomes. */
interface Accepting {
  readonly facts: MessageFacts
  readonly works: readonly Work[]
  readonly rows: Pick<NewMessage, 'row' | 'works'>
}

/** Works out what a message becomes that is accepted at `now`. */
export function accept(
  id: QueueId,
  envelope: Envelope,
  options: CommitOptions,
  { size, sum, filed }: ContentFacts,
  now: Instant,
): Accepting {
  const { lease: wanted } = options
  const facts = factsOf({ id, acceptedAt: now, size }, envelope, options)
  const works = workOf(envelope, options, now).map(
    (work) => (wanted && leaseWork(work, wanted.holder, now + wanted.duration, now)) ?? work,
  )
  return {
    facts,
    works,
    rows: { row: messageRow(facts, sum, filed), works: works.map((work) => workRow(id, work)) },
  }
}
