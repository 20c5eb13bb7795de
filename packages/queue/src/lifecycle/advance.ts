import type {
  Change,
  EnvelopeParameter,
  Instant,
  Millis,
  RecipientSettlement,
  RecipientState,
  RecordedReply,
  SettledState,
} from '../store/contract.ts'

/** One recipient with all that changes about it. */
export interface WorkRecipient {
  /** Position in the envelope's list. */
  readonly index: number
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly state: RecipientState
  readonly attempts: number
  /** When the last attempt that is over began; of one under way see the lease. */
  readonly lastAttempt: Instant | undefined
  /** Meant for `queued` and `deferred` recipients: not to be leased earlier. */
  readonly nextAttempt: Instant
  /** Of a future release: not due earlier. */
  readonly notBefore: Instant | undefined
  readonly warned: boolean
  /** Leases in a row that ended without a settlement. */
  readonly abandoned: number
  /** An operator's wish for when the lease ends. */
  readonly wish: 'hold' | 'remove' | 'bounce' | undefined
  /** Given up by an operator, for this reason: to be settled as `failed` without an attempt. */
  readonly bounce: string | undefined
  readonly because: string | undefined
  readonly lastReply: RecordedReply | undefined
}

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

/** What can happen to one recipient. */
export type RecipientEvent =
  | { readonly kind: 'lease' }
  /** `since`: when the lease began. */
  | { readonly kind: 'settle'; readonly since: Instant; readonly outcome: RecipientSettlement }
  /**
   * The lease ended without a settlement: its holder died or was too slow. `order`: position among what is taken back
   * together.
   */
  | { readonly kind: 'abandon'; readonly since: Instant; readonly order: number; readonly policy: AbandonPolicy }
  | { readonly kind: 'change'; readonly change: Change }

/** Nothing more happens to a recipient in this state. */
export function isSettled(state: RecipientState): state is SettledState {
  return state !== 'queued' && state !== 'leased' && state !== 'deferred' && state !== 'held'
}

/** Whether it waits for a lease, by the passing of time alone. */
export function isWaiting({ state }: WorkRecipient): boolean {
  return state === 'queued' || state === 'deferred'
}

/**
 * The one way a recipient changes. `undefined`: the event means nothing to it, and it stays as it is; so do all that are
 * settled, for good. What happens to a leased recipient beside its lease is a wish, which its end grants.
 */
export function advance(recipient: WorkRecipient, event: RecipientEvent, now: Instant): WorkRecipient | undefined {
  if (isSettled(recipient.state)) return undefined
  switch (event.kind) {
    case 'lease':
      return isWaiting(recipient) && recipient.nextAttempt <= now
        ? { ...recipient, state: 'leased', attempts: recipient.attempts + 1 }
        : undefined
    case 'settle':
      return recipient.state === 'leased' ? settled(recipient, event.outcome, event.since, now) : undefined
    case 'abandon':
      return recipient.state === 'leased' ? abandoned(recipient, event, now) : undefined
    case 'change':
      return recipient.state === 'leased' ? wished(recipient, event.change) : changed(recipient, event.change, now)
  }
}

function settled(recipient: WorkRecipient, outcome: RecipientSettlement, since: Instant, now: Instant): WorkRecipient {
  // Given back: nothing was learned, so nothing is remembered, not even that an attempt began.
  if (outcome.kind === 'returned') {
    const nextAttempt = outcome.delay === undefined ? recipient.nextAttempt : now + Math.ceil(outcome.delay)
    return granted({ ...recipient, attempts: recipient.attempts - 1, nextAttempt }, now)
  }
  const tried = { ...recipient, abandoned: 0, lastAttempt: since }
  const told = 'reply' in outcome && outcome.reply !== undefined ? { ...tried, lastReply: outcome.reply } : tried
  if (outcome.kind !== 'deferred') {
    const because = outcome.kind === 'failed' || outcome.kind === 'expired' ? outcome.because : undefined
    return { ...told, state: outcome.kind, wish: undefined, bounce: undefined, because }
  }
  const nextAttempt = now + Math.ceil(outcome.delay)
  // The reason of a wish is the operator's and stays.
  const because = recipient.wish === undefined ? outcome.because : recipient.because
  return granted({ ...told, nextAttempt, warned: recipient.warned || outcome.warned === true, because }, now)
}

function abandoned(
  recipient: WorkRecipient,
  { since, order, policy }: Extract<RecipientEvent, { readonly kind: 'abandon' }>,
  now: Instant,
): WorkRecipient {
  const tried = { ...recipient, abandoned: recipient.abandoned + 1, lastAttempt: since }
  if (tried.abandoned >= policy.holdAfter) {
    const because = `held: ${tried.abandoned} attempts in a row began and never ended`
    return granted({ ...tried, abandoned: 0, ...(tried.wish === undefined && { wish: 'hold', because }) }, now)
  }
  return granted(tried.abandoned >= 2 ? { ...tried, nextAttempt: now + order * policy.spacing } : tried, now)
}

/** What becomes of a recipient whose lease ended without an end of its own: what the operator wished, else it waits. */
function granted(recipient: WorkRecipient, now: Instant): WorkRecipient {
  const { wish } = recipient
  const free = { ...recipient, wish: undefined }
  switch (wish) {
    case 'hold':
      return { ...free, state: 'held', bounce: undefined }
    case 'remove':
      return { ...free, state: 'removed' }
    case 'bounce':
      return waiting({ ...free, nextAttempt: now })
    case undefined:
      return waiting(free)
  }
}

/** Deferred when another attempt is to follow one that came to nothing. */
function waiting(recipient: WorkRecipient): WorkRecipient {
  const again = recipient.attempts > 0 && recipient.bounce === undefined
  return { ...recipient, state: again ? 'deferred' : 'queued' }
}

function wished(recipient: WorkRecipient, change: Change): WorkRecipient | undefined {
  const { wish } = recipient
  switch (change.kind) {
    case 'hold':
      return wish === 'remove' ? undefined : { ...recipient, wish: 'hold', bounce: undefined, because: change.because }
    case 'bounce':
      if (wish === 'remove') return undefined
      return { ...recipient, wish: 'bounce', bounce: change.because, because: change.because }
    case 'remove':
      return { ...recipient, wish: 'remove' }
    case 'release':
      return wish === 'hold' ? { ...recipient, wish: undefined, because: undefined } : undefined
    case 'expedite':
    case 'reroute':
      return undefined
  }
}

function changed(recipient: WorkRecipient, change: Change, now: Instant): WorkRecipient | undefined {
  const held = recipient.state === 'held'
  const waits = recipient.notBefore !== undefined && recipient.notBefore > now
  switch (change.kind) {
    case 'hold':
      return held ? undefined : { ...recipient, state: 'held', bounce: undefined, because: change.because }
    case 'release': {
      if (waits && change.early === true)
        return waiting({ ...recipient, because: undefined, nextAttempt: now, notBefore: now })
      if (!held) return undefined
      return waiting({ ...recipient, because: undefined, nextAttempt: waits ? (recipient.notBefore ?? now) : now })
    }
    case 'expedite':
      return held || waits ? undefined : { ...recipient, nextAttempt: Math.min(now, recipient.nextAttempt) }
    case 'remove':
      return { ...recipient, state: 'removed' }
    case 'bounce':
      // A future release stays noted, for the case that a hold takes the mark away again.
      return waiting({ ...recipient, bounce: change.because, because: change.because, nextAttempt: now })
    case 'reroute':
      return recipient
  }
}
