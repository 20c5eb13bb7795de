import { describe, expect, it, vi } from 'vitest'
import type { NextHopKey, Passage, QueueStore, Scheduler } from '../src/index.ts'
import { createMemoryStore, defaultSchedulerLimits } from '../src/index.ts'
import { Gate } from '../src/scheduler/gate.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import type { Deliver } from './rig.ts'
import { all, envelope, later, rig, withOverrides } from './rig.ts'

const minute = 60_000

/** Enters a next hop before anything else; gives all back when there is no place. */
function via(hopOf: (destination: string) => NextHopKey, deliver: Deliver): Deliver {
  return async (lease, signal, passage: Passage) => {
    const { id, destination, fence } = lease
    if (!passage.enter(hopOf(destination))) return { lease: { id, destination, fence }, recipients: [] }
    return deliver(lease, signal, passage)
  }
}

const hopsOf = (scheduler: Scheduler): unknown => scheduler.snapshot().nextHops

describe('next hops', () => {
  it('share their places among destinations, and widen with success', async () => {
    let active = 0
    const seen: number[] = []
    const { scheduler, put, store, clock, delivered } = await rig(
      via(
        () => 'mx',
        async (lease) => {
          seen.push(++active)
          await new Promise<void>((resolve) => clock.after(10, resolve))
          active--
          return all(lease, { kind: 'delivered' })
        },
      ),
      { limits: { perNextHop: 6, perDestinationStart: 2 } },
    )
    for (let n = 0; n < 20; n++) await put(`d${n}.example`, 5)
    scheduler.start()
    await clock.advance(15)
    expect(seen).toEqual([1, 2, 2, 3, 3, 4])
    await clock.advance(1_000)
    expect(Math.max(...seen)).toBe(6)
    expect(await store.stats()).toMatchObject({ delivered: 100 })
    // Refused was only what began before it was known where the mail of its destination goes.
    expect(delivered.length).toBeLessThanOrEqual(140)
    expect(delivered.every(({ recipients }) => recipients.every(({ attempts }) => attempts === 1))).toBe(true)
    expect(hopsOf(scheduler)).toEqual([])
  })

  it('leave other next hops alone', async () => {
    const gate = later<void>()
    const { scheduler, put, store } = await rig(
      via(
        (destination) => (destination.startsWith('slow') ? 'slow' : destination),
        async (lease) => {
          if (lease.destination.startsWith('slow')) await gate.promise
          return all(lease, { kind: 'delivered' })
        },
      ),
      { limits: { concurrency: 20, perNextHop: 3 } },
    )
    for (let n = 0; n < 50; n++) await put(`slow${n}.example`)
    scheduler.start()
    await settled(1_000)
    expect(scheduler.snapshot()).toMatchObject({ active: 3 })
    for (let n = 0; n < 50; n++) await put(`quick${n}.example`)
    expect(await store.stats()).toMatchObject({ delivered: 50 })
    gate.resolve()
    await settled(1_000)
    expect(await store.stats()).toMatchObject({ delivered: 100 })
  })

  it('are passed over after a failed cohort, tried by one, and opened for all; no destination is blamed', async () => {
    let dead = true
    let tried = 0
    const { scheduler, store, clock } = await rig(
      via(
        () => 'mx',
        async (lease) => {
          tried++
          await new Promise<void>((resolve) => clock.after(1_000, resolve))
          return all(lease, dead ? { kind: 'deferred', delay: minute, because: 'timeout' } : { kind: 'delivered' })
        },
      ),
      { limits: { perDestinationStart: 4, coolFirstMs: 10 * minute } },
    )
    for (let n = 0; n < 40; n++) await store.draft().commit(envelope(`d${n}.example`))
    scheduler.start()
    await clock.advance(5_000)
    expect(tried).toBe(4)
    expect(hopsOf(scheduler)).toMatchObject([{ nextHop: 'mx', active: 0, window: 1, coolUntil: expect.any(Number) }])
    await clock.advance(7 * minute)
    expect(tried).toBe(4)
    await clock.advance(6 * minute)
    expect(tried).toBe(5)
    expect(scheduler.snapshot().destinations.every(({ coolUntil }) => coolUntil === undefined)).toBe(true)
    dead = false
    await clock.advance(30 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 40 })
  })

  it('take the blame alone, at the first failure too', async () => {
    let dead = true
    const { scheduler, put, store, clock } = await rig(
      via(
        () => 'mx',
        async (lease) =>
          all(lease, dead ? { kind: 'deferred', delay: minute, because: 'timeout' } : { kind: 'delivered' }),
      ),
      { limits: { perDestinationStart: 1, coolFirstMs: 10 * minute, coolMaxMs: 10 * minute } },
    )
    for (let n = 0; n < 5; n++) await put(`d${n}.example`)
    scheduler.start()
    await clock.advance(25 * minute)
    const { destinations } = scheduler.snapshot()
    expect(destinations.filter(({ coolUntil }) => coolUntil !== undefined)).toEqual([])
    dead = false
    await clock.advance(13 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 5 })
  })

  it('let nothing spin that they refuse, nor count it as an attempt', async () => {
    const gate = later<void>()
    let refused = 0
    const { scheduler, put, store, clock } = await rig(
      async (lease, _signal, passage) => {
        const { id, destination, fence } = lease
        if (!passage.enter('mx')) {
          refused++
          return { lease: { id, destination, fence }, recipients: [] }
        }
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { limits: { perNextHop: 1, ahead: 0 } },
    )
    await put('first.example')
    scheduler.start()
    await settled()
    for (let n = 0; n < 10; n++) await put(`d${n}.example`)
    await clock.advance(10 * minute)
    expect(refused).toBe(10)
    let entries = 0
    for await (const entry of store.scan({ state: 'queued' })) {
      entries++
      expect(entry).toMatchObject({ recipients: [{ attempts: 0 }] })
    }
    expect(entries).toBe(10)
    gate.resolve()
    await clock.advance(1_000)
    expect(await store.stats()).toMatchObject({ delivered: 11 })
    expect(refused).toBe(10)
  })

  it('are asked anew now and then: mail that goes elsewhere since does not wait for a dead host', async () => {
    let moved = false
    const { scheduler, put, store, clock } = await rig(
      via(
        () => (moved ? 'alive' : 'dead'),
        async (lease) =>
          all(lease, moved ? { kind: 'delivered' } : { kind: 'deferred', delay: minute, because: 'timeout' }),
      ),
      { limits: { perNextHop: 2, perDestinationStart: 5, coolFirstMs: 60 * minute } },
    )
    await put('a.example', 3)
    scheduler.start()
    await settled()
    moved = true
    await clock.advance(14 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 0 })
    await clock.advance(2 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 3 })
  })

  it('say where each destination’s mail goes, for so many and so long', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const options = {
      store,
      clock,
      random: createSeededRandom(),
      holder: 'test',
      deliver: async () => Promise.reject(),
    }
    const gate = new Gate(options, defaultSchedulerLimits)
    for (let n = 0; n <= 20_000; n++) gate.learn(`d${n}.example`, 'mx')
    expect(gate.hopOf('d0.example')).toBeUndefined()
    expect(gate.hopOf('d1.example')).toBe('mx')
    await clock.advance(15 * minute)
    expect(gate.hopOf('d1.example')).toBeUndefined()
  })

  it('keep to a limit of their own, as destinations do', async () => {
    const most = new Map<string, number>()
    const active = new Map<string, number>()
    const { scheduler, put, store, clock } = await rig(
      via(
        (destination) => (destination.startsWith('d') ? 'wide' : destination),
        async (lease) => {
          const name = lease.destination.startsWith('d') ? 'wide' : lease.destination
          const now = (active.get(name) ?? 0) + 1
          active.set(name, now)
          most.set(name, Math.max(now, most.get(name) ?? 0))
          await new Promise<void>((resolve) => clock.after(10, resolve))
          active.set(name, (active.get(name) ?? 0) - 1)
          return all(lease, { kind: 'delivered' })
        },
      ),
      {
        limits: { perDestinationStart: 5, perDestination: 10, perNextHop: 10 },
        concurrencyOf: (by, of) =>
          by === 'next-hop' ? (of === 'wide' ? 40 : undefined) : of === 'small.example' ? 2 : undefined,
      },
    )
    for (let n = 0; n < 30; n++) await put(`d${n}.example`, 20)
    await put('small.example', 30)
    await put('plain.example', 100)
    scheduler.start()
    await clock.advance(2_000)
    expect(await store.stats()).toMatchObject({ delivered: 730 })
    expect(Object.fromEntries(most)).toEqual({ wide: 40, 'small.example': 2, 'plain.example': 10 })
  })
})

describe('a dead MX set of 10,000 domains', () => {
  it('costs the others nothing: few attempts, no places, no more calls of the store', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const due = vi.fn((limit: number) => memory.due(limit))
    const lease = vi.fn<QueueStore['lease']>((request) => memory.lease(request))
    let tried = 0
    const { scheduler, put, store, delivered } = await rig(
      via(
        (destination) => (destination.startsWith('dead') ? 'dead' : destination),
        async (one) => {
          if (!one.destination.startsWith('dead')) return all(one, { kind: 'delivered' })
          tried++
          return all(one, { kind: 'deferred', delay: minute, because: 'timeout' })
        },
      ),
      { store: withOverrides(memory, { due, lease }), clock, limits: { coolFirstMs: 60 * minute } },
    )
    for (let n = 0; n < 10_000; n++) await store.draft().commit(envelope(`dead${n}.example`))
    scheduler.start()
    await clock.advance(10_000)
    expect(tried).toBeLessThanOrEqual(defaultSchedulerLimits.perNextHop)
    const before = { due: due.mock.calls.length, lease: lease.mock.calls.length, delivered: delivered.length }
    for (let n = 0; n < 10; n++) {
      await put(`live${n}.example`)
      await clock.advance(1_000)
      expect(delivered.at(-1)?.destination).toBe(`live${n}.example`)
    }
    expect(scheduler.snapshot().active).toBe(0)
    expect(delivered.length - before.delivered).toBe(10)
    expect(due.mock.calls.length - before.due).toBeLessThanOrEqual(40)
    expect(lease.mock.calls.length - before.lease).toBeLessThanOrEqual(20)
    // To look past those that wait, no more than those are read.
    expect(Math.max(...due.mock.calls.map(([limit]) => limit))).toBeLessThan(25_000)
  })

  it('is seen past in a few steps when all of it falls due at once', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const due = vi.fn((limit: number) => memory.due(limit))
    const { scheduler, put, store, delivered } = await rig(
      via(
        (destination) => (destination === 'live.example' ? 'live' : 'dead'),
        async (one) =>
          all(
            one,
            one.destination === 'live.example'
              ? { kind: 'delivered' }
              : { kind: 'deferred', delay: 300 * minute, because: 'timeout' },
          ),
      ),
      {
        store: withOverrides(memory, { due }),
        clock,
        limits: { concurrency: 20, ahead: 0, coolFirstMs: 60 * minute, visitBatch: 3_000, visitEveryMs: 10 * minute },
        withoutAttempt: async (one) => all(one, { kind: 'deferred', delay: 5 * minute, because: 'passed over' }),
      },
    )
    for (let n = 0; n < 2_000; n++) await store.draft().commit(envelope(`dead${n}.example`))
    scheduler.start()
    await clock.advance(11 * minute)
    await put('live.example')
    await clock.advance(1_000)
    expect(delivered.at(-1)?.destination).toBe('live.example')
    due.mockClear()
    // All of it was decided on at one time.
    await clock.advance(3.9 * minute)
    await put('live.example')
    await clock.advance(minute)
    expect(due.mock.calls.length).toBeLessThan(30)
    expect(Math.max(...due.mock.calls.map(([limit]) => limit))).toBeGreaterThan(1_900)
  })
})
