import type { Settlement } from '../store/contract.ts'
import type { Judgement } from './contract.ts'

/**
 * Reads from a settlement whether the way to its destination is open. A recipient that got through, or was refused by
 * the peer itself, is a success; all deferred, or given up after so long, and no peer heard, or one closing with 421, is
 * a failure; all else says nothing.
 */
export function judgeSettlement({ recipients }: Settlement): Judgement {
  let deferred = 0
  let heard = false
  let closing = false
  for (const outcome of recipients) {
    if (outcome.kind === 'delivered' || outcome.kind === 'relayed') return 'success'
    if (outcome.kind === 'failed' && outcome.reply !== undefined) return 'success'
    if (outcome.kind !== 'deferred' && outcome.kind !== 'expired') continue
    deferred++
    if (outcome.reply?.code === 421) closing = true
    else if (outcome.reply !== undefined) heard = true
  }
  if (deferred === 0 || heard) return 'neutral'
  return closing || deferred === recipients.length ? 'failure' : 'neutral'
}
