import type { Instant, Lease, LeasedRecipient, RecipientSettlement, Schedule } from '@angarium/queue'
import { isTimeUp, tooLate, untilDeadline } from './deadline.ts'
import type { Circumstances, Result } from './result.ts'

/** What a settlement says of one recipient, and what the log and a report add to that. */
export interface Settled extends Circumstances {
  readonly recipient: LeasedRecipient
  readonly settlement: RecipientSettlement
  /** Enhanced status code of what went wrong. */
  readonly status?: string
}

/**
 * Turns a result into a settlement: what is deferred is tried again when the schedule says, or given up, by the schedule or
 * since the time its sender set is over. What failed has failed.
 *
 * @rfc 5321 4.5.4.1
 * @rfc 3463 3.5
 */
export function settleResult(
  lease: Pick<Lease, 'acceptedAt' | 'parameters'>,
  { recipient, outcome: came, ...circumstances }: Result,
  schedule: Schedule,
  now: Instant,
): Settled {
  const { acceptedAt } = lease
  const { index, attempts, notBefore } = recipient
  const about = { recipient, ...circumstances }
  if (!('because' in came)) return { ...about, settlement: { index, ...came } }
  const isLate = came.kind === 'deferred' && isTimeUp(lease, now)
  const outcome = isLate ? tooLate(came.because, came.reply) : came
  const { status, because, reply } = outcome
  const said = reply && { reply }
  if (outcome.kind === 'failed')
    return { ...about, status, settlement: { index, kind: 'failed', status, because, ...said } }
  const next = schedule.nextAttempt({ attempts, acceptedAt, notBefore, now })
  if (next.kind === 'retry') {
    const delay = untilDeadline(next.delay, lease, now)
    return { ...about, status, settlement: { index, kind: 'deferred', delay, because, ...said } }
  }
  const givenUp = { index, kind: 'failed', status: '4.4.7', because: `given up: ${because}`, ...said } as const
  return { ...about, status: givenUp.status, settlement: givenUp }
}
