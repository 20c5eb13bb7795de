import type { MessageFacts } from '../lifecycle/entry.ts'
import type { Work } from '../lifecycle/work.ts'
import { workOf } from '../lifecycle/work.ts'
import type { CommitOptions, DestinationKey, Envelope, Instant, QueueId } from '../store/contract.ts'

/** A message as the memory store keeps it. */
export interface Message {
  readonly facts: MessageFacts
  readonly content: Uint8Array
  readonly works: Map<DestinationKey, Work>
}

/** Makes a message of what was accepted. The content becomes the message's own. */
export function newMessage(
  id: QueueId,
  acceptedAt: Instant,
  envelope: Envelope,
  content: Uint8Array,
  options: CommitOptions,
): Message {
  const { reversePath, parameters } = envelope
  return {
    facts: { id, acceptedAt, size: content.length, priority: options.priority ?? 0, reversePath, parameters },
    content,
    works: new Map(workOf(envelope, options, acceptedAt).map((work) => [work.destination, work])),
  }
}
