import type { Instant, Millis } from '../store/contract.ts'
import type { Work, WorkRecipient } from './work.ts'

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
  return {
    ...work,
    lease: undefined,
    recipients: work.recipients.map((recipient) =>
      recipient.state === 'leased' ? abandon(recipient, now, policy, order) : recipient,
    ),
  }
}

function abandon(recipient: WorkRecipient, now: Instant, policy: AbandonPolicy, order: number): WorkRecipient {
  const abandoned = recipient.abandoned + 1
  if (abandoned >= policy.holdAfter) {
    const because = `held: ${abandoned} attempts in a row began and never ended`
    return grant({
      ...recipient,
      abandoned: 0,
      wish: recipient.wish ?? 'hold',
      because: recipient.wish === undefined ? because : recipient.because,
    })
  }
  const nextAttempt = abandoned >= 2 ? now + order * policy.spacing : recipient.nextAttempt
  return grant({ ...recipient, abandoned, nextAttempt })
}

/** Queues a recipient whose lease ended, or does with it what the operator wished meanwhile. */
export function grant(recipient: WorkRecipient): WorkRecipient {
  const { wish } = recipient
  const state = wish === undefined ? 'queued' : wish === 'hold' ? 'held' : 'removed'
  return { ...recipient, state, wish: undefined }
}
