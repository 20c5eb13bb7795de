import type { Instant } from '../store/contract.ts'
import type { AbandonPolicy } from './advance.ts'
import { advance } from './advance.ts'
import type { Work } from './work.ts'

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
