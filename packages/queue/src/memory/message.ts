import type { MessageFacts } from '../lifecycle/entry.ts'
import { factsOf } from '../lifecycle/entry.ts'
import type { Work } from '../lifecycle/work.ts'
import { workOf } from '../lifecycle/work.ts'
import type { CommitOptions, DestinationKey, Envelope, Instant, QueueId } from '../store/contract.ts'

/** A message as the memory store keeps it. */
export interface Message {
  /** That of the ids. */
  readonly order: number
  readonly facts: MessageFacts
  readonly content: Uint8Array
  readonly works: Map<DestinationKey, Work>
}

/** Makes a message of what was accepted. The content becomes the message's own; of the envelope it is a copy. */
export function newMessage(
  order: number,
  id: QueueId,
  acceptedAt: Instant,
  envelope: Envelope,
  content: Uint8Array,
  options: CommitOptions,
): Message {
  const own = copied(envelope)
  return {
    order,
    facts: factsOf({ id, acceptedAt, size: content.length }, own, options),
    content,
    works: new Map(workOf(own, options, acceptedAt).map((work) => [work.destination, work])),
  }
}

/** The caller may change its objects after the call; the envelope stays as it was received. */
function copied(envelope: Envelope): Envelope {
  return {
    reversePath: envelope.reversePath,
    parameters: envelope.parameters.map(([keyword, value]) => [keyword, value] as const),
    recipients: envelope.recipients.map(({ address, parameters, destination }) => ({
      address,
      parameters: parameters.map(([keyword, value]) => [keyword, value] as const),
      destination,
    })),
  }
}
