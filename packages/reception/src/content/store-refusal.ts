import { QueueError } from '@angarium/queue'
import type { Refusal } from '@angarium/smtp-wire'
import { localProblem, noRoom } from '../replies.ts'

/**
 * What the peer is told when the store fails: 452 4.3.1 for a full disk, else 451 4.3.0. Either way nothing was accepted
 * and the peer keeps the message.
 *
 * @rfc 5321 4.2.5
 * @rfc 3463 3.4
 */
export function storeRefusal(error: unknown): Refusal {
  return QueueError.is(error, 'QUEUE_STORE_FAILED') && error.detail.full === true ? noRoom : localProblem
}
