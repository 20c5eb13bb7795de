import type {
  CommitOptions,
  DestinationKey,
  Envelope,
  EnvelopeParameter,
  Instant,
  LeasedRecipient,
  RecipientState,
  RecordedReply,
} from '../store/contract.ts'
import { isSettled, transitions } from './table.ts'

/** One recipient with all that changes about it. */
export interface WorkRecipient {
  /** Position in the envelope's list. */
  readonly index: number
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly state: RecipientState
  readonly attempts: number
  /** Meant for `queued` recipients: not to be leased earlier. */
  readonly nextAttempt: Instant
  /** Of a future release: not due earlier. */
  readonly notBefore: Instant | undefined
  readonly warned: boolean
  /** Leases in a row that ended without a settlement. */
  readonly abandoned: number
  /** An operator's wish for when the lease ends. */
  readonly wish: 'hold' | 'remove' | undefined
  readonly because: string | undefined
  readonly lastReply: RecordedReply | undefined
}

/** All recipients of one message that share a destination: what is leased together. Never changed, only replaced. */
export interface Work {
  readonly destination: DestinationKey
  /** The message's: decides the place in line. */
  readonly priority: number
  /** Of the last lease; 0 before the first. Never falls while the message exists. */
  readonly fence: number
  readonly lease: { readonly holder: string; readonly until: Instant } | undefined
  readonly recipients: readonly WorkRecipient[]
}

/** Recipients by state, leased ones counted as queued; in sums, the difference a transaction makes. */
export interface Tally {
  readonly delivered: number
  readonly relayed: number
  readonly failed: number
  readonly removed: number
  readonly queued: number
  readonly held: number
}

/** Splits an envelope accepted at `now` into work, in order of first appearance of each destination. */
export function workOf(envelope: Envelope, options: CommitOptions, now: Instant): readonly Work[] {
  const { priority = 0 } = options
  const notBefore = options.notBefore !== undefined && options.notBefore > now ? options.notBefore : undefined
  const groups = new Map<DestinationKey, WorkRecipient[]>()
  for (const [index, { address, parameters, destination }] of envelope.recipients.entries()) {
    const recipient: WorkRecipient = {
      index,
      address,
      parameters,
      state: 'queued',
      attempts: 0,
      nextAttempt: notBefore ?? now,
      notBefore,
      warned: false,
      abandoned: 0,
      wish: undefined,
      because: undefined,
      lastReply: undefined,
    }
    const group = groups.get(destination)
    if (group === undefined) groups.set(destination, [recipient])
    else group.push(recipient)
  }
  return [...groups].map(([destination, recipients]) => ({
    destination,
    priority,
    fence: 0,
    lease: undefined,
    recipients,
  }))
}

/** When some of it may be leased: the end of the present lease, else the earliest next attempt, if any. */
export function dueAt(work: Work): Instant | undefined {
  if (work.lease !== undefined) return work.lease.until
  let due: Instant | undefined
  for (const { state, nextAttempt } of work.recipients)
    if (state === 'queued' && (due === undefined || nextAttempt < due)) due = nextAttempt
  return due
}

/** Whether all its recipients are settled. */
export function isFinished(work: Work): boolean {
  return work.recipients.every(({ state }) => isSettled(state))
}

/**
 * Leases all recipients due at `now`, counting the attempt. `undefined` when there are none, or another lease is out;
 * one that has run out is to be abandoned first.
 */
export function leaseWork(work: Work, holder: string, until: Instant, now: Instant): Work | undefined {
  if (work.lease !== undefined) return undefined
  let some = false
  const recipients = work.recipients.map((recipient) => {
    const state = transitions[recipient.state].lease
    if (state === undefined || recipient.nextAttempt > now) return recipient
    some = true
    return { ...recipient, state, attempts: recipient.attempts + 1 }
  })
  return some ? { ...work, fence: work.fence + 1, lease: { holder, until }, recipients } : undefined
}

/** The recipients that the present lease covers, as its holder sees them. */
export function leasedRecipients(work: Work): readonly LeasedRecipient[] {
  return work.recipients
    .filter(({ state }) => state === 'leased')
    .map(({ index, address, parameters, attempts, warned, notBefore, wish, because, lastReply }) => ({
      index,
      address,
      parameters,
      attempts,
      warned,
      ...(notBefore === undefined ? {} : { notBefore }),
      ...(because === undefined || wish !== undefined ? {} : { lastBecause: because }),
      ...(lastReply === undefined ? {} : { lastReply }),
    }))
}

/** Counts recipients. */
export function tally(works: Iterable<Work>): Tally {
  const count = { delivered: 0, relayed: 0, failed: 0, removed: 0, queued: 0, held: 0 }
  for (const { recipients } of works) for (const { state } of recipients) count[state === 'leased' ? 'queued' : state]++
  return count
}
