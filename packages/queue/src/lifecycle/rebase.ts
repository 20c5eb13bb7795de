import type { Instant } from '../store/contract.ts'
import type { WorkRecipient } from './advance.ts'
import { isWaiting } from './advance.ts'
import type { Work } from './work.ts'

/**
 * Work as it is to be when the clock was set back while the store was closed, which shows in what seems to have happened
 * in the future: what waits does so for as long as it was to wait, from `now` on. The time of a future release is the
 * sender's and stays. A store calls this for all its work when it opens earlier than it was last used.
 */
export function rebaseWork(work: Work, acceptedAt: Instant, now: Instant): Work {
  const { lease } = work
  const ahead = lease !== undefined && lease.since > now ? lease.since - now : 0
  const recipients = work.recipients.map((recipient) => rebased(recipient, acceptedAt, now))
  const changed = ahead > 0 || recipients.some((recipient, at) => recipient !== work.recipients[at])
  if (!changed) return work
  return {
    ...work,
    recipients,
    ...(ahead > 0 && lease && { lease: { ...lease, since: now, until: lease.until - ahead } }),
  }
}

function rebased(recipient: WorkRecipient, acceptedAt: Instant, now: Instant): WorkRecipient {
  const { lastAttempt, nextAttempt, notBefore } = recipient
  if (lastAttempt !== undefined) {
    if (lastAttempt <= now) return recipient
    const wait = Math.max(0, nextAttempt - lastAttempt)
    return { ...recipient, lastAttempt: now, nextAttempt: now + wait }
  }
  const release = notBefore !== undefined && notBefore > now
  if (!isWaiting(recipient) || nextAttempt <= now || acceptedAt <= now || release) return recipient
  return { ...recipient, nextAttempt: now }
}
