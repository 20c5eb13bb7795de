import { type Judgement, judgeSettlement, type Settlement } from '@angarium/queue'
import { localPrefix } from './local/local.ts'

/**
 * For the scheduler's `judge`: what a settlement says of the way to its destination. A mailbox here that cannot be
 * written says nothing of the others in its domain.
 */
export function judgeDelivery(settlement: Settlement): Judgement {
  const judgement = judgeSettlement(settlement)
  return judgement === 'failure' && settlement.lease.destination.startsWith(localPrefix) ? 'neutral' : judgement
}
