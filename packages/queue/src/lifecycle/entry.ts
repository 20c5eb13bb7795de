import type {
  CommitOptions,
  Entry,
  EntryRecipient,
  Envelope,
  EnvelopeParameter,
  Instant,
  Lease,
  LeaseRef,
  QueueId,
} from '../store/contract.ts'
import { isWaiting } from './advance.ts'
import { senderOf } from './sender.ts'
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

/** The facts of a message accepted now; `size` is that of its content. Of the envelope they hold what it holds. */
export function factsOf(
  { id, acceptedAt, size }: Pick<MessageFacts, 'id' | 'acceptedAt' | 'size'>,
  envelope: Envelope,
  options: CommitOptions,
): MessageFacts {
  const { priority = 0, source } = options
  const { reversePath, parameters } = envelope
  const told = {
    id,
    acceptedAt,
    size,
    priority,
    sender: senderOf(envelope, options),
    ...(source !== undefined && { source }),
  }
  return { ...told, reversePath, parameters }
}

/** The lease's name without the rest of it; also as fields of a log line, hence not an interface. */
export function leaseRefOf({ id, destination, fence }: LeaseRef): Pick<LeaseRef, keyof LeaseRef> {
  return { id, destination, fence }
}

/** A lease's name in one text. */
export function leaseName({ id, destination, fence }: LeaseRef): string {
  return `${id} ${fence} ${destination}`
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
  return { kind: 'message', ...facts, recipients }
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
