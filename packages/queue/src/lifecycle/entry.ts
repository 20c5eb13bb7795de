import type { Entry, EntryRecipient, EnvelopeParameter, Instant, Lease, QueueId } from '../store/contract.ts'
import { isWaiting } from './advance.ts'
import type { Work } from './work.ts'
import { leasedRecipients } from './work.ts'

/** What of a message never changes. */
export interface MessageFacts {
  readonly id: QueueId
  readonly acceptedAt: Instant
  readonly size: number
  readonly priority: number
  /** See {@link senderOf}. */
  readonly sender: string
  readonly source?: string
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
}

/** A message as an operator sees it, recipients in the envelope's order. */
export function entryOf(facts: MessageFacts, works: Iterable<Work>): Entry {
  const recipients: EntryRecipient[] = []
  for (const { destination, lease, recipients: some } of works)
    for (const recipient of some) {
      const { index, address, parameters, state, attempts, nextAttempt, notBefore, because, lastReply } = recipient
      recipients.push({
        index,
        address,
        parameters,
        destination,
        state,
        attempts,
        lastAttempt: state === 'leased' ? lease?.since : recipient.lastAttempt,
        nextAttempt: isWaiting(recipient) ? nextAttempt : undefined,
        ...(notBefore === undefined ? {} : { notBefore }),
        because,
        lastReply,
      })
    }
  recipients.sort((a, b) => a.index - b.index)
  const { id, acceptedAt, size, priority, sender, source, reversePath, parameters } = facts
  const told = { id, acceptedAt, size, priority, sender, ...(source === undefined ? {} : { source }) }
  return { kind: 'message', ...told, reversePath, parameters, recipients }
}

/** The lease that is out on this work, as its holder gets it. The body becomes the holder's own. */
export function leaseOf(facts: MessageFacts, work: Work, body?: Uint8Array): Lease {
  const { id, acceptedAt, size, priority, sender, source, reversePath, parameters } = facts
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
    sender,
    ...(source === undefined ? {} : { source }),
    ...(body === undefined ? {} : { body }),
  }
}
