import { describe, expect, it } from 'vitest'
import type { Hindrance, QueueStore, RateLimit, Scheduler } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import { all, deliveredAll, envelope, later, rig, storeFailed, unreachable, withOverrides } from './rig.ts'

const minute = 60_000

function explained(scheduler: Scheduler, destination: string, sender = 'example.org'): readonly Hindrance[] {
  return scheduler.explain({ destination, sender, source: '192.0.2.1' })
}

describe('explain', () => {
  it('says that nothing is delivered', async () => {
    const { scheduler } = await rig(deliveredAll)
    expect(explained(scheduler, 'a.example')).toEqual([{ kind: 'not-running', state: 'idle' }])
    scheduler.start()
    expect(explained(scheduler, 'a.example')).toEqual([])
    await scheduler.stop()
    expect(explained(scheduler, 'a.example')).toEqual([{ kind: 'not-running', state: 'stopped' }])
  })

  it('says that the store has a rest', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const due = async (): Promise<never> => Promise.reject(storeFailed('due'))
    const { scheduler } = await rig(deliveredAll, { store: withOverrides(memory, { due }), clock })
    scheduler.start()
    await settled()
    expect(explained(scheduler, 'a.example')).toEqual([{ kind: 'store-failed', until: clock.now() + 1_000 }])
  })

  it('says what is passed over, the destination or its next hop, and until when', async () => {
    const { scheduler, put, clock } = await rig(
      async (lease, signal, passage) => {
        if (lease.destination !== 'alone.example') passage.enter('mx')
        return unreachable(lease, signal, passage)
      },
      { limits: { perDestinationStart: 2, coolFirstMs: 10 * minute } },
    )
    for (const name of ['alone', 'a', 'b', 'c']) await put(`${name}.example`, 2)
    scheduler.start()
    await settled()
    const { destinations, nextHops } = scheduler.snapshot()
    const alone = destinations.find(({ destination }) => destination === 'alone.example')
    expect(alone).toMatchObject({ active: 0, window: 1, nextHop: undefined, coolUntil: expect.any(Number) })
    expect(alone?.coolUntil).toBeGreaterThan(clock.now() + 8 * minute - 1)
    expect(nextHops).toMatchObject([{ nextHop: 'mx', active: 0, window: 1, coolUntil: expect.any(Number) }])
    expect(explained(scheduler, 'alone.example')).toEqual([
      { kind: 'passed-over', by: 'destination', of: 'alone.example', until: alone?.coolUntil },
    ])
    expect(explained(scheduler, 'a.example')).toEqual([
      { kind: 'passed-over', by: 'next-hop', of: 'mx', until: nextHops[0]?.coolUntil },
    ])
    expect(explained(scheduler, 'other.example')).toEqual([])
    expect(destinations.find(({ destination }) => destination === 'a.example')?.nextHop).toBe('mx')
    // To look does not change anything.
    expect(scheduler.snapshot()).toEqual(scheduler.snapshot())
    await scheduler.stop()
  })

  it('says nothing of what is over, though nobody has looked since', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    let broken = false
    const due: QueueStore['due'] = async (limit) => {
      if (broken) throw storeFailed('due')
      return memory.due(limit)
    }
    const store = withOverrides(memory, { due })
    const { scheduler, put } = await rig(unreachable, { store, clock, limits: { storeRetryMs: minute } })
    await put('a.example', 10)
    scheduler.start()
    await settled()
    expect(explained(scheduler, 'a.example')).toMatchObject([{ kind: 'passed-over' }])
    await clock.advance(0.7 * minute)
    broken = true
    scheduler.wake()
    await clock.advance(0.6 * minute)
    expect(explained(scheduler, 'a.example')).toMatchObject([{ kind: 'store-failed' }])
    expect(scheduler.snapshot().destinations).toMatchObject([{ coolUntil: undefined }])
  })

  it('says what is full: all, the destination, its next hop', async () => {
    const gate = later<void>()
    const { scheduler, put } = await rig(
      async (lease, _signal, passage) => {
        const entered = passage.enter(lease.destination === 'alone.example' ? 'own' : 'mx')
        await gate.promise
        return all(lease, entered ? { kind: 'delivered' } : { kind: 'returned' })
      },
      { limits: { concurrency: 4, perDestination: 2, perDestinationStart: 2, perNextHop: 2 } },
    )
    await put('alone.example', 2)
    scheduler.start()
    await settled()
    const alone = { kind: 'full', by: 'destination', of: 'alone.example', active: 2, window: 2 }
    const own = { ...alone, by: 'next-hop', of: 'own' }
    expect(explained(scheduler, 'alone.example')).toEqual([alone, own])
    await put('a.example')
    await put('b.example')
    expect(explained(scheduler, 'b.example')).toEqual([
      { kind: 'full', by: 'all', active: 4, window: 4 },
      { kind: 'full', by: 'next-hop', of: 'mx', active: 2, window: 2 },
    ])
    expect(scheduler.snapshot()).toMatchObject({ active: 4, ahead: 0 })
    gate.resolve()
  })

  it('says which rate limit there is no room under, of whom, and until when', async () => {
    const limit = (by: RateLimit['by'], perMs: number): RateLimit => ({ by, count: 'messages', limit: 1, perMs })
    const rates = [limit('all', 1_000), limit('destination', minute), limit('next-hop', 2 * minute)]
    rates.push(limit('sender', 3 * minute), limit('source', 4 * minute))
    const { scheduler, store, clock } = await rig(
      async (lease, signal, passage) => {
        passage.enter('mx')
        return deliveredAll(lease, signal, passage)
      },
      { rates },
    )
    await store.draft().commit(envelope('a.example'), { source: '192.0.2.1' })
    scheduler.start()
    await settled()
    const now = clock.now()
    const [all, destination, hop, sender, source] = rates
    expect(explained(scheduler, 'a.example')).toEqual([
      { kind: 'rate', limit: all, until: now + 1_000 },
      { kind: 'rate', limit: destination, of: 'a.example', until: now + minute },
      { kind: 'rate', limit: hop, of: 'mx', until: now + 2 * minute },
      { kind: 'rate', limit: sender, of: 'example.org', until: now + 3 * minute },
      { kind: 'rate', limit: source, of: '192.0.2.1', until: now + 4 * minute },
    ])
    await clock.advance(1_000)
    expect(explained(scheduler, 'b.example', 'other.example')).toEqual([
      { kind: 'rate', limit: source, of: '192.0.2.1', until: now + 4 * minute },
    ])
  })
})
