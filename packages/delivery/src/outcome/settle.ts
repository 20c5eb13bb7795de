import type { Instant, Lease, LeasedRecipient, RecipientSettlement, Schedule } from '@angarium/queue'
import type { Peer } from '../transport/target.ts'
import type { Result } from './result.ts'

/** What a settlement says of one recipient, and what the log and a report add to that. */
export interface Settled {
  readonly recipient: LeasedRecipient
  readonly settlement: RecipientSettlement
  /** Enhanced status code of what went wrong. */
  readonly status?: string
  readonly peer?: Peer
}

/**
 * Turns a result into a settlement: what is deferred is tried again when the schedule says, or given up. What failed has
 * failed.
 *
 * @rfc 5321 4.5.4.1
 * @rfc 3463 3.5
 */
export function settleResult(
  { acceptedAt }: Pick<Lease, 'acceptedAt'>,
  { recipient, outcome, peer }: Result,
  schedule: Schedule,
  now: Instant,
): Settled {
  const { index, attempts } = recipient
  const about = { recipient, ...(peer && { peer }) }
  if (!('because' in outcome)) return { ...about, settlement: { index, ...outcome } }
  const { status, because, reply } = outcome
  const said = reply && { reply }
  if (outcome.kind === 'failed')
    return { ...about, status, settlement: { index, kind: 'failed', status, because, ...said } }
  const next = schedule.nextAttempt({ attempts, acceptedAt, now })
  if (next.kind === 'retry')
    return { ...about, status, settlement: { index, kind: 'deferred', delay: next.delay, because, ...said } }
  const givenUp = { index, kind: 'failed', status: '4.4.7', because: `given up: ${because}`, ...said } as const
  return { ...about, status: givenUp.status, settlement: givenUp }
}
