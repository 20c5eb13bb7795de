import { misuse } from '../store/check.ts'
import type { Instant, LeaseRef, RecipientSettlement, Settlement } from '../store/contract.ts'
import { defaultAbandonPolicy } from './abandon.ts'
import type { AbandonPolicy } from './advance.ts'
import { advance } from './advance.ts'
import type { Work } from './work.ts'

/**
 * Applies a settlement to the work it names, or tells that its fence is no longer current. A lease past its deadline
 * still counts until someone else has the work: what its holder learned is true all the same.
 *
 * @throws QueueError QUEUE_MISUSE for an index that the lease does not hold.
 */
export function settleWork(
  work: Work | undefined,
  settlement: Settlement,
  now: Instant,
  policy: AbandonPolicy = defaultAbandonPolicy,
  order = 0,
): Work | 'stale' {
  if (work?.lease === undefined || work.fence !== settlement.lease.fence) return 'stale'
  const { since } = work.lease
  const outcomes = new Map(settlement.recipients.map((outcome) => [outcome.index, outcome]))
  const recipients = work.recipients.map((recipient) => {
    const { index } = recipient
    const outcome: RecipientSettlement | undefined =
      outcomes.get(index) ?? (settlement.abandoned ? undefined : { index, kind: 'returned' })
    const next =
      outcome === undefined
        ? advance(recipient, { kind: 'abandon', since, order, policy }, now)
        : advance(recipient, { kind: 'settle', since, outcome }, now)
    if (next !== undefined) outcomes.delete(recipient.index)
    return next ?? recipient
  })
  for (const index of outcomes.keys()) throw misuse('settle', `recipient ${index} is not part of the lease`)
  return { ...work, lease: undefined, recipients }
}

const kinds: ReadonlySet<string> = new Set<RecipientSettlement['kind']>([
  'delivered',
  'relayed',
  'expanded',
  'failed',
  'expired',
  'deferred',
  'returned',
])

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
    if (!kinds.has(outcome.kind)) throw misuse('settle', `"${String(outcome.kind)}" is no outcome`)
    const delay = 'delay' in outcome && outcome.delay !== undefined ? outcome.delay : 0
    if (!(delay >= 0 && delay < 2 ** 45)) throw misuse('settle', `recipient ${index} is put off by ${delay} ms`)
  }
  for (const { envelope } of spawn ?? [])
    if (envelope.recipients.length === 0) throw misuse('settle', 'a spawned message has no recipient')
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
  policy?: AbandonPolicy,
): readonly PlannedSettlement[] {
  const planned = new Map<string, Work>()
  let order = 0
  return settlements.map((settlement) => {
    const { lease } = settlement
    checkSettlement(settlement)
    const key = `${lease.id} ${lease.destination}`
    const work = settleWork(
      planned.get(key) ?? load(lease),
      settlement,
      now,
      policy,
      settlement.abandoned ? order++ : 0,
    )
    if (work !== 'stale') planned.set(key, work)
    return { settlement, work }
  })
}
