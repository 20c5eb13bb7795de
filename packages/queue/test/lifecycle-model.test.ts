import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { QueueStore, RecipientSettlement, Settlement } from '../src/index.ts'
import * as lifecycle from '../src/lifecycle.ts'
import type { ManualClock } from '../src/testing.ts'
import { createManualClock } from '../src/testing.ts'
import type { Operation } from './operations.ts'
import { operation } from './operations.ts'
import type { ReferenceLease } from './reference.ts'
import { Reference } from './reference.ts'
import { withOverrides } from './rig.ts'
import type { Parts, Subject } from './subjects.ts'
import { pureSubject, storeSubject } from './subjects.ts'

/** What may never happen, whatever the reference says. */
class Watch {
  readonly #fences = new Map<string, number>()
  readonly #over = new Set<string>()

  leased({ number, at, fence, recipients }: ReferenceLease): void {
    const key = `${number} ${at}`
    expect(fence, 'the fence grows').toBeGreaterThan(this.#fences.get(key) ?? 0)
    this.#fences.set(key, fence)
    for (const [index] of recipients)
      expect(this.#over.has(`${number} ${index}`), 'an attempt after the end').toBe(false)
  }

  settled(number: number, outcomes: readonly RecipientSettlement[]): void {
    for (const { index, kind } of outcomes)
      if (kind !== 'deferred' && kind !== 'returned') this.#over.add(`${number} ${index}`)
  }
}

async function play(
  operations: readonly Operation[],
  make: (clock: ManualClock) => Promise<Subject> | Subject,
): Promise<void> {
  const clock = createManualClock()
  const subject = await make(clock)
  const reference = new Reference()
  const watch = new Watch()
  const leases: ReferenceLease[] = []
  for (const step of operations) {
    const now = clock.now()
    if (step.do === 'commit') {
      const notBefore = step.wait === 0 ? undefined : now + step.wait
      await subject.commit(step.to, notBefore)
      reference.commit(step.to, notBefore, now)
    } else if (step.do === 'lease') {
      const got = await subject.lease(step.at)
      expect(got).toEqual(reference.lease(step.at, now))
      for (const lease of got) watch.leased(lease)
      leases.push(...got)
    } else if (step.do === 'settle') {
      const lease = leases[leases.length - 1 - step.back]
      if (lease === undefined) continue
      const outcomes = lease.recipients.flatMap(([index], at): RecipientSettlement[] => {
        const one = step.outcomes[at]
        return one === undefined ? [] : [{ ...one, index }]
      })
      const result = await subject.settle(lease.number, lease.at, lease.fence, outcomes)
      expect(result).toBe(reference.settle(lease.number, lease.at, lease.fence, outcomes, now))
      if (result === 'settled') watch.settled(lease.number, outcomes)
    } else if (step.do === 'change') {
      const number = reference.messages.length - 1 - step.back
      if (number < 0) continue
      const applied = await subject.change(number, step.at, step.change)
      expect(applied).toBe(reference.change(number, step.at, step.change, now))
    } else if (step.do === 'restart') {
      await subject.restart()
      reference.restart(now)
    } else await clock.advance(step.by)
    expect(await subject.shown()).toEqual(reference.shown())
    expect(await subject.ledger()).toEqual(reference.ledger)
  }
}

const property = (
  make: (clock: ManualClock) => Promise<Subject> | Subject,
): fc.IAsyncProperty<[readonly Operation[]]> =>
  fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 60, size: 'max' }), async (operations) => {
    await play([{ do: 'commit', to: ['a.example', 'b.example'], wait: 0 }, ...operations], make)
  })

describe('random operations leave what the reference says', { timeout: 60_000 }, () => {
  // Some 6,000 operations each.
  const often = { numRuns: 200 }

  it('with the pure functions', async () => {
    await fc.assert(
      property((clock) => pureSubject(clock)),
      often,
    )
  })

  it('with the memory store', async () => {
    await fc.assert(
      property((clock) => storeSubject(clock)),
      often,
    )
  })
})

it('leaves what is settled alone, whatever happens', () => {
  const [work] = lifecycle.workOf(
    { reversePath: '', parameters: [], recipients: [{ address: 'r', parameters: [], destination: 'a' }] },
    {},
    0,
  )
  const recipient = work?.recipients[0] as lifecycle.WorkRecipient
  const events: readonly lifecycle.RecipientEvent[] = [
    { kind: 'lease' },
    { kind: 'settle', since: 0, outcome: { index: 0, kind: 'deferred', delay: 0, because: '' } },
    { kind: 'settle', since: 0, outcome: { index: 0, kind: 'delivered' } },
    { kind: 'abandon', since: 0, order: 0, policy: lifecycle.defaultAbandonPolicy },
    { kind: 'change', change: { kind: 'hold', because: '' } },
    { kind: 'change', change: { kind: 'release', early: true } },
    { kind: 'change', change: { kind: 'expedite' } },
    { kind: 'change', change: { kind: 'remove' } },
    { kind: 'change', change: { kind: 'bounce', because: '' } },
    { kind: 'change', change: { kind: 'reroute', destination: 'b' } },
  ]
  for (const state of ['delivered', 'relayed', 'expanded', 'failed', 'expired', 'removed'] as const)
    for (const event of events) expect(lifecycle.advance({ ...recipient, state }, event, 9)).toBeUndefined()
})

describe('the model notices', { timeout: 60_000 }, () => {
  /** What a settlement says, changed before it is applied. */
  const settling =
    (
      change: (outcome: RecipientSettlement, work: lifecycle.Work | undefined) => RecipientSettlement,
    ): Parts['settleWork'] =>
    (work, settlement, now) =>
      lifecycle.settleWork(
        work,
        { ...settlement, recipients: settlement.recipients.map((outcome) => change(outcome, work)) },
        now,
      )
  const deferred = (index: number): RecipientSettlement => ({ index, kind: 'deferred', delay: 0, because: 'wrong' })
  const recipientsOf = (
    work: lifecycle.Work,
    change: (one: lifecycle.WorkRecipient) => lifecycle.WorkRecipient,
  ): lifecycle.Work => ({ ...work, recipients: work.recipients.map(change) })

  const wrong: Readonly<Record<string, Partial<Parts>>> = {
    'another attempt after a permanent failure': {
      settleWork: settling((one) => (one.kind === 'failed' ? deferred(one.index) : one)),
    },
    'an expiry that waits for a third attempt': {
      settleWork: settling((one, work) =>
        one.kind === 'expired' && (work?.recipients.find(({ index }) => index === one.index)?.attempts ?? 0) < 3
          ? deferred(one.index)
          : one,
      ),
    },
    'a fence that stays': {
      leaseWork: (work, ...rest) => {
        const leased = lifecycle.leaseWork(work, ...rest)
        return leased && { ...leased, fence: Math.max(1, work.fence) }
      },
    },
    'a fence that nobody looks at': {
      settleWork: (work, settlement, now) =>
        lifecycle.settleWork(work, { ...settlement, lease: { ...settlement.lease, fence: work?.fence ?? 0 } }, now),
    },
    'a recipient that the ledger forgets': { tally: (works) => ({ ...lifecycle.tally(works), expanded: 0 }) },
    'a recipient lost on the way to another destination': {
      joinWork: (work, to, moved, from) => lifecycle.joinWork(work, to, moved.slice(0, 1), from),
    },
    'an attempt given back by a dead holder': {
      abandonWork: (work, ...rest) => {
        const free = lifecycle.abandonWork(work, ...rest)
        return work === free ? work : recipientsOf(free, (one) => ({ ...one, attempts: Math.max(0, one.attempts - 1) }))
      },
    },
    'work whose deliveries never end and that is not held': {
      abandonWork: (work, now, policy = lifecycle.defaultAbandonPolicy, order = 0) =>
        lifecycle.abandonWork(work, now, { ...policy, holdAfter: 9 }, order),
    },
    'an attempt before its time': {
      leaseWork: (work, holder, until, now) =>
        lifecycle.leaseWork(
          recipientsOf(work, (one) => ({ ...one, nextAttempt: Math.min(one.nextAttempt, now) })),
          holder,
          until,
          now,
        ),
    },
    'a delay forgotten': {
      settleWork: settling((one) => (one.kind === 'returned' ? { index: one.index, kind: 'returned' } : one)),
    },
    'a wish forgotten': {
      changeWork: (work, change, ...rest) => {
        const changed = lifecycle.changeWork(work, change, ...rest)
        return { ...changed, work: recipientsOf(changed.work, (one) => ({ ...one, wish: undefined })) }
      },
    },
    'a mark forgotten': {
      leaseWork: (work, ...rest) =>
        lifecycle.leaseWork(
          recipientsOf(work, (one) => ({ ...one, bounce: undefined })),
          ...rest,
        ),
    },
  }
  it.each(Object.entries(wrong))('%s', async (_, parts) => {
    await noticed((clock) => pureSubject(clock, parts))
  })

  const disguises: Readonly<Record<string, (store: QueueStore) => Partial<QueueStore>>> = {
    'in a store, another attempt after a permanent failure': (store) => ({
      settle: (settlements) =>
        store.settle(
          settlements.map(
            ({ recipients, ...rest }): Settlement => ({
              ...rest,
              recipients: recipients.map((one) => (one.kind === 'failed' ? deferred(one.index) : one)),
            }),
          ),
        ),
    }),
    'in a store, a fence that stays': (store) => ({
      lease: async (request) => (await store.lease(request)).map((lease) => ({ ...lease, fence: 1 })),
    }),
    'in a store, a ledger that does not balance': (store) => ({
      stats: async () => {
        const stats = await store.stats()
        return { ...stats, expired: 0 }
      },
    }),
    'in a store, leases that survive a restart': (store) => ({
      close: async () => undefined,
      open: () => opening(store),
    }),
    'in a store, a removal that is a hold': (store) => ({
      change: (filter, change) =>
        store.change(filter, change.kind === 'remove' ? { kind: 'hold', because: 'wrong' } : change),
    }),
  }
  it.each(Object.entries(disguises))('%s', async (_, disguise) => {
    await noticed((clock) => storeSubject(clock, (store) => withOverrides(store, disguise(store))))
  })

  const opened = new WeakSet<QueueStore>()
  /** Opens once and never again. */
  async function opening(store: QueueStore): Promise<void> {
    if (opened.has(store)) return
    opened.add(store)
    await store.open()
  }

  /** Found by random operations, and shrunk to few. */
  async function noticed(make: (clock: ManualClock) => Promise<Subject> | Subject): Promise<void> {
    const { failed, counterexample } = await fc.check(property(make), { numRuns: 300, seed: 4 })
    expect(failed).toBe(true)
    expect(counterexample?.[0].length).toBeLessThan(12)
  }
})
