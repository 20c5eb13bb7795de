import { describe, expect, it, vi } from 'vitest'
import type { QueueStore } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom } from '../src/testing.ts'
import { all, envelope, rig, withOverrides } from './rig.ts'

const second = 1_000
const minute = 60 * second

describe('simulation', () => {
  it('50 destinations, one dead with 100,000 messages and one slow: the live ones are not delayed', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const lease = vi.fn<QueueStore['lease']>((request) => memory.lease(request))
    const due = vi.fn<QueueStore['due']>((limit) => memory.due(limit))
    const after = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve))
    /** How long each message to a live destination waited for its delivery, and the places the others had then. */
    const waits: number[] = []
    const committed = new Map<string, number>()
    let others = 0
    let mostOthers = 0
    const { scheduler, store } = await rig(
      async (one, _signal, passage) => {
        const { id, destination, fence } = one
        if (!passage.enter(`mx.${destination}`)) return { lease: { id, destination, fence }, recipients: [] }
        if (destination === 'dead.example' || destination === 'slow.example') {
          mostOthers = Math.max(mostOthers, ++others)
          await after(destination === 'dead.example' ? 30 * second : 60 * second)
          others--
          if (destination === 'slow.example') return all(one, { kind: 'delivered' })
          return all(one, { kind: 'deferred', delay: 5 * minute, because: 'timeout' })
        }
        waits.push(clock.monotonic() - (committed.get(id) ?? 0))
        await after(100)
        return all(one, { kind: 'delivered' })
      },
      {
        store: withOverrides(memory, { lease, due }),
        clock,
        withoutAttempt: async (one) => all(one, { kind: 'deferred', delay: 5 * minute, because: 'passed over' }),
      },
    )
    for (let n = 0; n < 100_000; n++) await store.draft().commit(envelope('dead.example'))
    for (let n = 0; n < 1_000; n++) await store.draft().commit(envelope('slow.example'))
    scheduler.start()
    await clock.advance(minute)
    const calls = lease.mock.calls.length + due.mock.calls.length
    let live = 0
    for (let tick = 0; tick < 120; tick++) {
      for (let n = 0; n < 4; n++) {
        const { id } = await store.draft().commit(envelope(`live${(tick * 4 + n) % 48}.example`))
        committed.set(id, clock.monotonic())
        live++
      }
      await clock.advance(500)
    }
    expect(waits).toHaveLength(live)
    expect(Math.max(...waits)).toBe(0)
    // Places: what is dead is tried by one, what is slow has its own width and no more.
    expect(mostOthers).toBeLessThanOrEqual(25)
    // Calls of the store: a few for each burst of work, none for what waits.
    const forLive = lease.mock.calls.filter(([{ destination }]) => destination.startsWith('live')).length
    expect(forLive).toBeLessThanOrEqual(live)
    const perTick = (lease.mock.calls.length + due.mock.calls.length - calls) / 120
    expect(perTick).toBeLessThan(8)
    expect(Math.max(...due.mock.calls.map(([limit]) => limit))).toBeLessThan(400)
    void scheduler.stop()
    await clock.advance(2 * second)
  })

  it('a thousand dead destinations whose time comes at once take no more than a quarter of the places', async () => {
    const clock = createManualClock()
    let under = 0
    let most = 0
    let dead = 0
    const { scheduler, store, put, delivered } = await rig(
      async (one) => {
        if (one.destination === 'live.example') return all(one, { kind: 'delivered' })
        most = Math.max(most, ++under)
        dead++
        await new Promise<void>((resolve) => clock.after(30 * second, resolve))
        under--
        return all(one, { kind: 'deferred', delay: minute, because: 'timeout' })
      },
      { clock, limits: { perDestinationStart: 1, coolFirstMs: 2 * minute, coolMaxMs: 2 * minute } },
    )
    for (let n = 0; n < 1_000; n++) await store.draft().commit(envelope(`dead${n}.example`))
    scheduler.start()
    await clock.advance(3 * minute)
    expect(dead).toBeGreaterThanOrEqual(1_000)
    most = 0
    for (let tick = 0; tick < 60; tick++) {
      await clock.advance(5 * second)
      await put('live.example')
      await clock.advance(20)
      expect(delivered.at(-1)?.destination).toBe('live.example')
    }
    const waiting = Array.from({ length: 1_000 }, (_, n) => ({ destination: `dead${n}.example`, sender: '' }))
    const why = waiting.flatMap((work) => scheduler.explain(work))
    expect(why).toContainEqual({ kind: 'full', by: 'all', active: 50, window: 50 })
    expect(most).toBe(50)
    expect(dead).toBeGreaterThan(1_300)
    void scheduler.stop()
    await clock.advance(2 * second)
  })
})
