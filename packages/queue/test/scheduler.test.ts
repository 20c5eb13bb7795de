import { describe, expect, it, vi } from 'vitest'
import type { Lease, Settlement } from '../src/index.ts'
import { createMemoryStore, judgeSettlement, QueueError } from '../src/index.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import { all, deliveredAll, envelope, later, rig, storeFailed, unreachable, withOverrides } from './rig.ts'

describe('scheduler', () => {
  it('delivers what is queued before and after its start, then rests without a timer', async () => {
    const { scheduler, store, put, delivered, clock } = await rig(deliveredAll)
    await put('a.example', 3)
    scheduler.start()
    await settled()
    await put('b.example', 2)
    expect(delivered.map(({ destination }) => destination)).toEqual([
      'a.example',
      'a.example',
      'a.example',
      'b.example',
      'b.example',
    ])
    expect(await store.stats()).toMatchObject({ messages: 0, accepted: 5, delivered: 5 })
    await clock.advance(600_000)
    expect(clock.timers).toBe(0)
    await scheduler.stop()
  })

  it('retries when the time has come, not earlier', async () => {
    let fail = true
    const { scheduler, put, delivered, clock } = await rig(async (lease) =>
      all(lease, fail ? { kind: 'deferred', delay: 300_000, because: 'busy' } : { kind: 'delivered' }),
    )
    await put('a.example')
    scheduler.start()
    await settled()
    fail = false
    await clock.advance(299_999)
    expect(delivered).toHaveLength(1)
    await clock.advance(1)
    expect(delivered).toHaveLength(2)
    expect(delivered[1]?.recipients[0]?.attempts).toBe(2)
  })

  it('comes back for later work of a destination that had some at once', async () => {
    const { scheduler, store, clock, delivered } = await rig(deliveredAll)
    await store.draft().commit(envelope('a.example'))
    await store.draft().commit(envelope('a.example'), { notBefore: clock.now() + 300_000 })
    scheduler.start()
    await settled()
    expect(delivered).toHaveLength(1)
    await clock.advance(300_000)
    expect(delivered).toHaveLength(2)
  })

  it('does not forget a retry that was agreed on while the store was being asked', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom(7) })
    let gate = Promise.resolve()
    // Its answer is as old as the question: what is settled meanwhile is not part of it.
    const store = withOverrides(memory, {
      async due(limit) {
        const answer = await memory.due(limit)
        await gate
        return answer
      },
    })
    const first = later<Settlement>()
    const { scheduler, put, delivered } = await rig(
      (...args) => (delivered.length === 1 ? first.promise : deliveredAll(...args)),
      { store, clock },
    )
    await put('a.example')
    scheduler.start()
    await settled()
    const answer = later<void>()
    gate = answer.promise
    scheduler.wake()
    await settled()
    first.resolve(all(delivered[0] as Lease, { kind: 'deferred', delay: 50, because: 'busy' }))
    await settled()
    answer.resolve()
    await clock.advance(50)
    expect(delivered).toHaveLength(2)
    await scheduler.stop()
  })

  it('gives a newcomer its place before a backlog gets its next', async () => {
    const gates = new Map<string, (() => void)[]>()
    const { scheduler, put, delivered } = await rig(
      async (lease) => {
        await new Promise<void>((resolve) => {
          gates.set(lease.destination, [...(gates.get(lease.destination) ?? []), resolve])
        })
        return all(lease, { kind: 'delivered' })
      },
      { limits: { concurrency: 4, perDestination: 4, perDestinationStart: 4 } },
    )
    await put('big.example', 50)
    scheduler.start()
    await settled()
    expect(delivered).toHaveLength(4)
    await put('small.example', 1)
    gates.get('big.example')?.shift()?.()
    await settled()
    expect(delivered[4]?.destination).toBe('small.example')
  })

  it('keeps to its limits, in all and per destination', async () => {
    let active = 0
    let most = 0
    const per = new Map<string, number>()
    let mostPer = 0
    const { scheduler, put, store, clock } = await rig(
      async (lease) => {
        most = Math.max(most, ++active)
        per.set(lease.destination, (per.get(lease.destination) ?? 0) + 1)
        mostPer = Math.max(mostPer, per.get(lease.destination) ?? 0)
        await new Promise<void>((resolve) => clock.after(10, resolve))
        active--
        per.set(lease.destination, (per.get(lease.destination) ?? 0) - 1)
        return all(lease, { kind: 'delivered' })
      },
      { limits: { concurrency: 10, perDestination: 3, perDestinationStart: 2 } },
    )
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await put(`${name}.example`, 20)
    scheduler.start()
    await clock.advance(1_000)
    expect(most).toBe(10)
    expect(mostPer).toBe(3)
    expect(await store.stats()).toMatchObject({ delivered: 120, queued: 0 })
  })

  it('does not forget how wide a way is when all its deliveries end at once and more work waits', async () => {
    const { scheduler, put, store, clock } = await rig(
      async (lease) => {
        await new Promise<void>((resolve) => clock.after(10, resolve))
        return all(lease, { kind: 'delivered' })
      },
      { limits: { perDestination: 16, perDestinationStart: 1 } },
    )
    await put('a.example', 200)
    scheduler.start()
    await clock.advance(100)
    expect(scheduler.snapshot().destinations).toMatchObject([{ active: 16, window: 16 }])
    await clock.advance(300)
    expect(await store.stats()).toMatchObject({ delivered: 200 })
    expect(scheduler.snapshot().destinations).toEqual([])
  })

  it('passes a destination over after a failed cohort, longer each time, and opens it at the first success', async () => {
    let dead = true
    const { scheduler, put, delivered, clock } = await rig(
      async (lease) =>
        all(
          lease,
          dead && lease.destination === 'dead.example'
            ? { kind: 'deferred', delay: 1_000, because: 'timeout' }
            : { kind: 'delivered' },
        ),
      { limits: { perDestinationStart: 2, coolFirstMs: 60_000 } },
    )
    await put('dead.example', 1_000)
    await put('fine.example', 5)
    scheduler.start()
    await settled()
    const count = (): number => delivered.filter(({ destination }) => destination === 'dead.example').length
    // The cohort, and what began beside its last failure.
    expect(count()).toBeLessThanOrEqual(4)
    expect(delivered.filter(({ destination }) => destination === 'fine.example')).toHaveLength(5)
    const first = count()
    await clock.advance(47_000)
    expect(count()).toBe(first)
    await clock.advance(26_000)
    expect(count()).toBe(first + 1)
    await clock.advance(90_000)
    expect(count()).toBe(first + 1)
    dead = false
    await clock.advance(60_000)
    await settled(20_000)
    expect(count()).toBe(1_000 + first + 1)
  })

  it('tries a passed-over destination at once when an operator says so, and passes it over again if that fails', async () => {
    const { scheduler, put, store, delivered, clock } = await rig(unreachable, {
      withoutAttempt: async (lease) => all(lease, { kind: 'deferred', delay: 1_000, because: 'passed over' }),
    })
    await put('a.example', 5)
    scheduler.start()
    await settled()
    expect(scheduler.snapshot().destinations[0]?.coolUntil).toBeDefined()
    const before = delivered.length
    for await (const _ of store.change({}, { kind: 'expedite' }));
    await settled()
    // Once for each time it was said, and each message says it.
    expect(delivered.length).toBeGreaterThan(before)
    expect(delivered.length).toBeLessThanOrEqual(before + 5)
    expect(scheduler.snapshot().destinations[0]?.coolUntil).toBeGreaterThan(clock.now() + 60_000)
    await scheduler.stop()
  })

  it('asks little of the store for one dead domain with a long queue', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const due = vi.fn((limit: number) => store.due(limit))
    const { scheduler, put } = await rig(unreachable, { store: withOverrides(store, { due }), clock })
    await put('dead.example', 5_000)
    scheduler.start()
    await clock.advance(50_000)
    const before = due.mock.calls.length
    await clock.advance(3_600_000)
    expect(due.mock.calls.length - before).toBeLessThan(200)
    expect(Math.max(...due.mock.calls.map(([limit]) => limit))).toBeLessThan(400)
  })

  it('sees past thousands of dead destinations', async () => {
    const { scheduler, put, delivered, clock, store } = await rig(
      async (lease) =>
        lease.destination.startsWith('dead')
          ? all(lease, { kind: 'deferred', delay: 1, because: 'timeout' })
          : all(lease, { kind: 'delivered' }),
      { limits: { perDestinationStart: 1, coolFirstMs: 3_600_000 } },
    )
    for (let n = 0; n < 1_000; n++) await store.draft().commit(envelope(`dead${n}.example`))
    scheduler.start()
    await clock.advance(1_000)
    await put('fine.example')
    await clock.advance(100)
    expect(delivered.at(-1)?.destination).toBe('fine.example')
  })

  it('has the work of passed-over destinations decided without an attempt, in bounded batches', async () => {
    const decided: string[] = []
    const { scheduler, put, delivered, clock, store } = await rig(unreachable, {
      limits: { perDestinationStart: 1, visitBatch: 10, visitEveryMs: 1_000, coolFirstMs: 3_600_000 },
      withoutAttempt: async (lease) => {
        decided.push(lease.id)
        return all(lease, { kind: 'failed', status: '4.4.7', because: 'expired' })
      },
    })
    await put('dead.example', 100)
    scheduler.start()
    await clock.advance(500)
    expect(delivered).toHaveLength(1)
    expect(decided).toHaveLength(10)
    await clock.advance(20_000)
    expect(decided).toHaveLength(99)
    expect(await store.stats()).toMatchObject({ failed: 99, queued: 1 })
    expect(delivered).toHaveLength(1)
  })

  it('sets places aside for what is being committed, as many as there are', async () => {
    const gate = later<void>()
    const { scheduler, store, delivered } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { limits: { concurrency: 3, perDestination: 1, ahead: 0 } },
    )
    expect(scheduler.reserve(['a.example'])).toBeUndefined()
    scheduler.start()
    await settled()
    const first = scheduler.reserve(['a.example', 'b.example', 'a.example'])
    expect(scheduler.reserve(['b.example'])).toBeUndefined()
    expect(scheduler.reserve(['c.example', 'd.example'])).toBeUndefined()
    const second = scheduler.reserve(['c.example'])
    expect(scheduler.reserve(['d.example'])).toBeUndefined()
    const lease = { holder: 'test', duration: 60_000 }
    const { leases } = await store.draft().commit(envelope('a.example', 'b.example'), { lease })
    first?.begin(leases)
    expect(() => first?.begin([])).toThrow(QueueError)
    await settled()
    expect(delivered.map(({ destination }) => destination)).toEqual(['a.example', 'b.example'])
    gate.resolve()
    await settled()
    expect(scheduler.reserve(['a.example'])).toBeDefined()
    second?.begin([])
    expect(await store.stats()).toMatchObject({ delivered: 2, messages: 0 })
  })

  it('a place set aside and not used goes to who waits for it', async () => {
    const { scheduler, put, delivered } = await rig(deliveredAll, { limits: { concurrency: 1, ahead: 0 } })
    scheduler.start()
    await settled()
    const reservation = scheduler.reserve(['a.example'])
    await put('b.example')
    expect(delivered).toHaveLength(0)
    reservation?.begin([])
    await settled()
    expect(delivered).toHaveLength(1)
  })

  it('defers what `deliver` throws on or answers wrongly, and loses nothing', async () => {
    const wrong: ((settlement: Settlement) => Settlement)[] = [
      () => {
        throw new Error('bug')
      },
      (settlement) => ({ ...settlement, lease: { ...settlement.lease, fence: 99 } }),
      (settlement) => ({ ...settlement, recipients: [{ index: 5, kind: 'delivered' }] }),
    ]
    for (const mistake of wrong) {
      const { scheduler, put, store, clock, delivered } = await rig(async (lease) =>
        lease.recipients[0]?.attempts === 1
          ? mistake(all(lease, { kind: 'delivered' }))
          : all(lease, { kind: 'delivered' }),
      )
      await put('a.example')
      scheduler.start()
      await settled()
      expect(await store.stats()).toMatchObject({ queued: 1, delivered: 0 })
      await clock.advance(400_000)
      expect(delivered).toHaveLength(2)
      expect(await store.stats()).toMatchObject({ queued: 0, delivered: 1 })
      await scheduler.stop()
    }
  })

  it('settles in batches: what ends while one call is under way goes with the next', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const batches: number[] = []
    const settle = async (settlements: readonly Settlement[]): ReturnType<typeof store.settle> => {
      batches.push(settlements.length)
      await new Promise<void>((resolve) => clock.after(5, resolve))
      return store.settle(settlements)
    }
    const { scheduler } = await rig(deliveredAll, { store: withOverrides(store, { settle }), clock })
    for (let n = 0; n < 50; n++) await store.draft().commit(envelope(`d${n}.example`))
    scheduler.start()
    await clock.advance(100)
    expect(batches.length).toBeLessThan(5)
    expect(batches.reduce((sum, n) => sum + n, 0)).toBe(50)
  })

  it('judges settlements by what they say of the way', () => {
    const lease = { id: 'x', destination: 'd', fence: 1 } as Settlement['lease']
    const judge = (...recipients: Settlement['recipients']): string => judgeSettlement({ lease, recipients })
    const reply = { code: 450, text: [] }
    expect(judge({ index: 0, kind: 'delivered' })).toBe('success')
    expect(judge({ index: 0, kind: 'failed', status: '5.1.1', because: '', reply: { code: 550, text: [] } })).toBe(
      'success',
    )
    expect(judge({ index: 0, kind: 'failed', status: '5.4.6', because: 'loop' })).toBe('neutral')
    expect(judge({ index: 0, kind: 'deferred', delay: 1, because: '' })).toBe('failure')
    expect(judge({ index: 0, kind: 'deferred', delay: 1, because: '', reply })).toBe('neutral')
    expect(judge({ index: 0, kind: 'deferred', delay: 1, because: '', reply: { code: 421, text: [] } })).toBe('failure')
    expect(judge({ index: 0, kind: 'expired', status: '4.4.7', because: '' })).toBe('failure')
    expect(judge({ index: 0, kind: 'expired', status: '4.4.7', because: '', reply })).toBe('neutral')
    expect(judge({ index: 0, kind: 'returned' })).toBe('neutral')
    expect(judge()).toBe('neutral')
  })

  it('refuses limits under which nothing could run', async () => {
    await expect(rig(deliveredAll, { limits: { concurrency: 0 } })).rejects.toThrow(RangeError)
    await expect(rig(deliveredAll, { limits: { leaseMs: Number.NaN } })).rejects.toThrow(RangeError)
    const { scheduler } = await rig(deliveredAll)
    scheduler.start()
    expect(() => scheduler.start()).toThrow(QueueError)
    expect(storeFailed('x').code).toBe('QUEUE_STORE_FAILED')
  })
})
