import { misuse } from '../store/check.ts'
import type { Instant, LeaseRef, RecipientSettlement, Settlement } from '../store/contract.ts'
import { grant } from './abandon.ts'
import type { RecipientEvent } from './table.ts'
import { transitions } from './table.ts'
import type { Work, WorkRecipient } from './work.ts'

/**
 * Applies a settlement to the work it names, or tells that its fence is no longer current. A lease past its deadline
 * still counts until someone else has the work: what its holder learned is true all the same.
 *
 * @throws QueueError QUEUE_MISUSE for an index that the lease does not hold.
 */
export function settleWork(work: Work | undefined, settlement: Settlement, now: Instant): Work | 'stale' {
  if (work?.lease === undefined || work.fence !== settlement.lease.fence) return 'stale'
  const outcomes = new Map(settlement.recipients.map((outcome) => [outcome.index, outcome]))
  const recipients = work.recipients.map((recipient) => {
    if (recipient.state !== 'leased') return recipient
    const outcome = outcomes.get(recipient.index) ?? { index: recipient.index, kind: 'returned' }
    outcomes.delete(recipient.index)
    return applyOutcome(recipient, outcome, now)
  })
  for (const index of outcomes.keys()) throw misuse('settle', `recipient ${index} is not part of the lease`)
  return { ...work, lease: undefined, recipients }
}

/**
 * What can be said against a settlement without looking at the store; every store calls this first.
 *
 * @throws QueueError QUEUE_MISUSE
 */
export function checkSettlement({ recipients, spawn }: Settlement): void {
  const seen = new Set<number>()
  for (const outcome of recipients) {
    const { index } = outcome
    if (!Number.isSafeInteger(index) || index < 0) throw misuse('settle', `${index} is no position in an envelope`)
    if (seen.has(index)) throw misuse('settle', `recipient ${index} is settled twice`)
    seen.add(index)
    if (!Object.hasOwn(events, outcome.kind)) throw misuse('settle', `"${String(outcome.kind)}" is no outcome`)
    if (outcome.kind === 'deferred' && !(outcome.delay >= 0 && outcome.delay < 2 ** 45))
      throw misuse('settle', `recipient ${index} is deferred by ${outcome.delay} ms`)
  }
  for (const { envelope } of spawn ?? [])
    if (envelope.recipients.length === 0) throw misuse('settle', 'a spawned message has no recipient')
}

const events: { readonly [K in RecipientSettlement['kind']]: RecipientEvent } = {
  delivered: 'deliver',
  relayed: 'relay',
  failed: 'fail',
  deferred: 'defer',
  returned: 'return',
}

function applyOutcome(recipient: WorkRecipient, outcome: RecipientSettlement, now: Instant): WorkRecipient {
  const state = transitions.leased[events[outcome.kind]] ?? recipient.state
  // Given back: nothing was learned, so nothing is remembered, not even that an attempt began.
  if (outcome.kind === 'returned') return grant({ ...recipient, attempts: recipient.attempts - 1 })
  const told = outcome.reply === undefined ? recipient : { ...recipient, lastReply: outcome.reply }
  if (outcome.kind !== 'deferred')
    return {
      ...told,
      state,
      abandoned: 0,
      wish: undefined,
      because: outcome.kind === 'failed' ? outcome.because : undefined,
    }
  return grant({
    ...told,
    abandoned: 0,
    nextAttempt: now + Math.ceil(outcome.delay),
    warned: recipient.warned || outcome.warned === true,
    // The reason of a wish is the operator's and stays.
    because: recipient.wish === undefined ? outcome.because : recipient.because,
  })
}

/** What settling comes to: the work as it will be, or `stale`. */
export interface PlannedSettlement {
  readonly settlement: Settlement
  readonly work: Work | 'stale'
}

/**
 * Works out what a call to `settle` does before anything is written, so that a misuse leaves nothing half done.
 *
 * @param load - the work as stored.
 * @throws QueueError QUEUE_MISUSE
 */
export function planSettlements(
  settlements: readonly Settlement[],
  load: (lease: LeaseRef) => Work | undefined,
  now: Instant,
): readonly PlannedSettlement[] {
  const planned = new Map<string, Work>()
  return settlements.map((settlement) => {
    const { lease } = settlement
    checkSettlement(settlement)
    const key = `${lease.id} ${lease.destination}`
    const work = settleWork(planned.get(key) ?? load(lease), settlement, now)
    if (work !== 'stale') planned.set(key, work)
    return { settlement, work }
  })
}
