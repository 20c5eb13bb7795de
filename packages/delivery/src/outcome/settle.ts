import type { Instant, Lease, LeasedRecipient, RecipientSettlement, Schedule } from '@angarium/queue'
import { isTimeUp, tooLate, untilDeadline } from './deadline.ts'
import type { Circumstances, Result } from './result.ts'

/** What a settlement says of one recipient, and what the log and a report add to that. */
export interface Settled {
  readonly recipient: LeasedRecipient
  readonly settlement: Exclude<RecipientSettlement, { kind: 'expanded' }>
  /** Enhanced status code of what went wrong. */
  readonly status?: string
  readonly circumstances: Circumstances
}

/**
 * Turns a result into a settlement: what is deferred is tried again when the schedule says, or expires, by the schedule or
 * since the time its sender set is over. What failed has failed.
 *
 * @rfc 5321 4.5.4.1
 * @rfc 3463 3.5
 */
export function settleResult(
  lease: Pick<Lease, 'destination' | 'acceptedAt' | 'parameters'>,
  { recipient, outcome: came, circumstances }: Result,
  schedule: Schedule,
  now: Instant,
): Settled {
  const { destination, acceptedAt } = lease
  const { index, attempts, notBefore } = recipient
  if (!('because' in came)) return { recipient, settlement: { index, ...came }, circumstances }
  const isLate = came.kind === 'deferred' && isTimeUp(lease, now)
  const { kind, status, because, reply } = isLate ? tooLate(came.because, came.reply) : came
  const said = reply && { reply }
  if (kind !== 'deferred')
    return { recipient, settlement: { index, kind, status, because, ...said }, status, circumstances }
  const next = schedule.nextAttempt({ destination, attempts, acceptedAt, notBefore, now })
  if (next.kind === 'retry') {
    const delay = untilDeadline(next.delay, lease, now)
    return { recipient, settlement: { index, kind, delay, because, ...said }, status, circumstances }
  }
  const expired = { index, kind: 'expired', status: '4.4.7', because: `given up: ${because}`, ...said } as const
  return { recipient, settlement: expired, status: expired.status, circumstances }
}

/** Whether a recipient does not get the message, ever: what its sender is told as a failure. */
export function isGivenUp({ kind }: RecipientSettlement): boolean {
  return kind === 'failed' || kind === 'expired'
}
