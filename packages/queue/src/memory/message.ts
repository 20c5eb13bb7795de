import type { MessageFacts } from '../lifecycle/entry.ts'
import type { Work } from '../lifecycle/work.ts'
import { workOf } from '../lifecycle/work.ts'
import type { DestinationKey, Envelope, Instant, QueueId } from '../store/contract.ts'

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
  due: Instant,
): Message {
  const { reversePath, parameters } = envelope
  return {
    facts: { id, acceptedAt, size: content.length, reversePath, parameters },
    content,
    works: new Map(workOf(envelope, due).map((work) => [work.destination, work])),
  }
}
