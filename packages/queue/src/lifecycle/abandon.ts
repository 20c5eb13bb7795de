import type { Instant, Millis } from '../store/contract.ts'
import { advance } from './advance.ts'
import type { Work } from './work.ts'

/** How a store treats work whose holder did not settle. */
export interface AbandonPolicy {
  /** So many leases in a row that ended without a settlement, and the recipient is held: the message is the likely cause. */
  readonly holdAfter: number
  /**
   * Once work was abandoned twice, a store that opens makes it due in steps of this, so that only the culprit is
   * under way when the process falls a third time.
   */
  readonly spacing: Millis
}

/** Held after the third abandoned lease; suspects 1 second apart. */
export const defaultAbandonPolicy: AbandonPolicy = { holdAfter: 3, spacing: 1_000 }

/**
 * Ends a lease whose holder did not. The attempt stays counted: it may have reached the peer.
 *
 * @param order - position among the work taken back together; 0 when alone.
 */
export function abandonWork(work: Work, now: Instant, policy: AbandonPolicy = defaultAbandonPolicy, order = 0): Work {
  if (work.lease === undefined) return work
  const event = { kind: 'abandon', since: work.lease.since, order, policy } as const
  const recipients = work.recipients.map((recipient) => advance(recipient, event, now) ?? recipient)
  return { ...work, lease: undefined, recipients }
}
