import type { Entry, EntryRecipient, EnvelopeParameter, Instant, Lease, QueueId } from '../store/contract.ts'
import type { Work } from './work.ts'
import { leasedRecipients } from './work.ts'

/** What of a message never changes. */
export interface MessageFacts {
  readonly id: QueueId
  readonly acceptedAt: Instant
  readonly size: number
  readonly priority: number
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
}

/** A message as an operator sees it, recipients in the envelope's order. */
export function entryOf(message: MessageFacts, works: Iterable<Work>): Entry {
  const recipients: EntryRecipient[] = []
  for (const { destination, recipients: some } of works)
    for (const { index, address, parameters, state, attempts, nextAttempt, notBefore, because, lastReply } of some)
      recipients.push({
        index,
        address,
        parameters,
        destination,
        state,
        attempts,
        nextAttempt: state === 'queued' ? nextAttempt : undefined,
        ...(notBefore === undefined ? {} : { notBefore }),
        because,
        lastReply,
      })
  recipients.sort((a, b) => a.index - b.index)
  const { id, acceptedAt, size, priority, reversePath, parameters } = message
  return { kind: 'message', id, acceptedAt, size, priority, reversePath, parameters, recipients }
}

/** The lease that is out on this work, as its holder gets it. The body becomes the holder's own. */
export function leaseOf(message: MessageFacts, work: Work, body?: Uint8Array): Lease {
  const { id, acceptedAt, size, priority, reversePath, parameters } = message
  return {
    id,
    destination: work.destination,
    fence: work.fence,
    until: work.lease?.until ?? 0,
    reversePath,
    parameters,
    recipients: leasedRecipients(work),
    size,
    acceptedAt,
    priority,
    ...(body === undefined ? {} : { body }),
  }
}
