import type { CommitOptions, DestinationKey, Envelope, Instant, LeasedRecipient } from '../store/contract.ts'
import type { WorkRecipient } from './advance.ts'
import { advance, isSettled, isWaiting } from './advance.ts'
import { senderOf } from './sender.ts'

/** All recipients of one message that share a destination: what is leased together. Never changed, only replaced. */
export interface Work {
  readonly destination: DestinationKey
  /** The message's: decides the place in line. */
  readonly priority: number
  /** The message's: whose turn it is. */
  readonly sender: string
  /** Among the fresh work of its destination and priority; see {@link Turns}. */
  readonly place: number | undefined
  /** Of the last lease; 0 before the first. Never falls while the message exists. */
  readonly fence: number
  readonly lease: { readonly holder: string; readonly since: Instant; readonly until: Instant } | undefined
  readonly recipients: readonly WorkRecipient[]
}

/** Recipients by state, leased and deferred ones counted as queued; in sums, the difference a transaction makes. */
export interface Tally {
  readonly delivered: number
  readonly relayed: number
  readonly expanded: number
  readonly failed: number
  readonly expired: number
  readonly removed: number
  readonly queued: number
  readonly held: number
}

/** Splits an envelope accepted at `now` into work, in order of first appearance of each destination. */
export function workOf(envelope: Envelope, options: CommitOptions, now: Instant): readonly Work[] {
  const { priority = 0 } = options
  const sender = senderOf(envelope, options)
  const notBefore = options.notBefore !== undefined && options.notBefore > now ? options.notBefore : undefined
  const groups = new Map<DestinationKey, WorkRecipient[]>()
  for (const [index, { address, parameters, destination }] of envelope.recipients.entries()) {
    const recipient: WorkRecipient = {
      index,
      address,
      parameters,
      state: 'queued',
      attempts: 0,
      lastAttempt: undefined,
      nextAttempt: notBefore ?? now,
      notBefore,
      warned: false,
      abandoned: 0,
      wish: undefined,
      bounce: undefined,
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
    sender,
    place: undefined,
    fence: 0,
    lease: undefined,
    recipients,
  }))
}

/** When some of it may be leased: the end of the present lease, else the earliest next attempt, if any. */
export function dueAt(work: Work): Instant | undefined {
  if (work.lease !== undefined) return work.lease.until
  let due: Instant | undefined
  for (const recipient of work.recipients)
    if (isWaiting(recipient) && (due === undefined || recipient.nextAttempt < due)) due = recipient.nextAttempt
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
    const leased = advance(recipient, { kind: 'lease' }, now)
    some ||= leased !== undefined
    return leased ?? recipient
  })
  return some ? { ...work, fence: work.fence + 1, lease: { holder, since: now, until }, recipients } : undefined
}

/** The recipients that the present lease covers, as its holder sees them. */
export function leasedRecipients(work: Work): readonly LeasedRecipient[] {
  return work.recipients
    .filter(({ state }) => state === 'leased')
    .map(
      ({ index, address, parameters, attempts, warned, notBefore, abandoned, wish, bounce, because, lastReply }) => ({
        index,
        address,
        parameters,
        attempts,
        warned,
        ...(notBefore === undefined ? {} : { notBefore }),
        ...(abandoned === 0 ? {} : { abandoned }),
        // Else the reason is an operator's.
        ...(because === undefined || wish !== undefined || bounce !== undefined ? {} : { lastBecause: because }),
        ...(lastReply === undefined ? {} : { lastReply }),
        ...(bounce === undefined ? {} : { bounce }),
      }),
    )
}

/** What a {@link Tally} counts, for those who add them up. */
export const tallied: readonly (keyof Tally)[] = [
  'delivered',
  'relayed',
  'expanded',
  'failed',
  'expired',
  'removed',
  'queued',
  'held',
]

/** Counts recipients. */
export function tally(works: Iterable<Work>): Tally {
  const count = { delivered: 0, relayed: 0, expanded: 0, failed: 0, expired: 0, removed: 0, queued: 0, held: 0 }
  for (const { recipients } of works)
    for (const { state } of recipients) count[state === 'leased' || state === 'deferred' ? 'queued' : state]++
  return count
}
