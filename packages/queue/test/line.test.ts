import { describe, expect, it } from 'vitest'
import type { Lease, QueueStore } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import type { Candidate } from '../src/scheduler/allot.ts'
import { allot } from '../src/scheduler/allot.ts'
import type { ManualClock } from '../src/testing.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import { all, deliveredAll, envelope, later, rig, withOverrides } from './rig.ts'

const hour = 3_600_000

type Known = Partial<Omit<Candidate, 'room'>> & { readonly room?: number }

function line(destination: string, { room = 1, ...known }: Known = {}): Candidate {
  return { destination, since: 0, priority: 0, taken: 0, room: { places: room, leases: room }, bounds: [], ...known }
}

async function put(store: QueueStore, destination: string, priority: number): Promise<void> {
  await store.draft().commit(envelope(destination), { priority })
  await settled()
}

describe('places', () => {
  const shares = (candidates: readonly Candidate[], free: number, now = 0): readonly string[] =>
    allot(candidates, { places: free, ahead: 0 }, now)
      .map(({ destination, limit }) => `${destination}${limit}`)
      .sort()

  it('go to the least served, whatever has waited, while priorities are equal', () => {
    for (const priority of [0, 5]) {
      const candidates = [line('old', { taken: 3, room: 9, priority }), line('new', { since: 50 * hour, priority })]
      expect(shares(candidates, 1, 50 * hour)).toEqual(['new1'])
      expect(shares(candidates, 3, 50 * hour)).toEqual(['new1', 'old2'])
    }
  })

  it('go to the higher priority as far as it has room, then to the next', () => {
    const candidates = [
      line('bulk', { priority: -4, room: 9 }),
      line('plain', { room: 2, taken: 1 }),
      line('urgent', { priority: 4, room: 3, taken: 7 }),
    ]
    expect(shares(candidates, 2)).toEqual(['urgent2'])
    expect(shares(candidates, 4)).toEqual(['plain1', 'urgent3'])
    expect(shares(candidates, 8)).toEqual(['bulk3', 'plain2', 'urgent3'])
    expect(shares(candidates, 100)).toEqual(['bulk9', 'plain2', 'urgent3'])
  })

  it('are shared evenly once the lower priority has waited its hours', () => {
    const candidates = [line('plain', { room: 9 }), line('urgent', { priority: 2, room: 9, since: 2 * hour })]
    expect(shares(candidates, 4, 2 * hour - 1)).toEqual(['urgent4'])
    expect(shares(candidates, 4, 2 * hour)).toEqual(['plain2', 'urgent2'])
  })

  it('are found for work that seems to come from the future', () => {
    expect(shares([line('a', { since: 9 * hour }), line('b', { since: 0 })], 2)).toEqual(['a1', 'b1'])
  })
})

describe('leases ahead', () => {
  const shares = (candidates: readonly Candidate[], places: number, ahead: number): readonly string[] =>
    allot(candidates, { places, ahead }, 0).map(({ destination, limit }) => `${destination}${limit}`)
  const room = (places: number, leases: number): Pick<Candidate, 'room'> => ({ room: { places, leases } })

  it('take no place from another: what cannot begin counts as ahead', () => {
    const full = { ...line('full'), ...room(0, 20) }
    const free = { ...line('free', { taken: 5 }), ...room(3, 20) }
    expect(shares([full, free], 4, 0)).toEqual(['free3'])
    expect(shares([full, free], 4, 6)).toEqual(['full6', 'free3'])
    expect(shares([full, free], 4, 8)).toEqual(['full8', 'free3'])
  })

  it('are bounded by what destinations share', () => {
    const hop = { places: 2, leases: 5 }
    const lines = ['a', 'b', 'c'].map((name) => ({ ...line(name, { bounds: [hop] }), ...room(5, 20) }))
    expect(shares(lines, 10, 0)).toEqual(['a1', 'b1'])
    expect(shares(lines, 10, 9)).toEqual(['a2', 'b2', 'c1'])
    expect(hop).toEqual({ places: 2, leases: 5 })
  })
})

describe('the scheduler and priorities', () => {
  const names = (leases: readonly Lease[]): readonly string[] =>
    leases.map(({ destination, priority }) => `${destination} ${priority}`)

  it('begins with the highest, between destinations and within them', async () => {
    const { scheduler, store, delivered } = await rig(deliveredAll, { limits: { concurrency: 1 } })
    for (const priority of [0, -3, 6]) await put(store, 'a.example', priority)
    for (const priority of [9, 1]) await put(store, 'b.example', priority)
    scheduler.start()
    await settled(400)
    expect(names(delivered)).toEqual(['b.example 9', 'a.example 6', 'b.example 1', 'a.example 0', 'a.example -3'])
  })

  /** A memory store whose answers take their time, as those of a database do. */
  function slow(): { readonly clock: ManualClock; readonly store: QueueStore } {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const due: QueueStore['due'] = async (limit) => {
      await new Promise<void>((resolve) => clock.after(1, resolve))
      return memory.due(limit)
    }
    return { clock, store: withOverrides(memory, { due }) }
  }

  it('keeps the next place for what waits, not for what has just come', async () => {
    const gates: (() => void)[] = []
    const { clock, store } = slow()
    const { scheduler, delivered } = await rig(
      async (lease) => {
        await new Promise<void>((resolve) => gates.push(resolve))
        return all(lease, { kind: 'delivered' })
      },
      { store, clock, limits: { concurrency: 1, ahead: 0 } },
    )
    scheduler.start()
    await clock.advance(10)
    expect(scheduler.reserve(['x.example'])?.begin([])).toBeUndefined()
    await put(store, 'a.example', 0)
    await clock.advance(10)
    await put(store, 'urgent.example', 5)
    gates.shift()?.()
    await settled()
    // The place is free; the store is still being asked who is first.
    expect(scheduler.snapshot().active).toBe(0)
    expect(scheduler.reserve(['late.example'])).toBeUndefined()
    await clock.advance(10)
    expect(names(delivered)).toEqual(['a.example 0', 'urgent.example 5'])
    gates.shift()?.()
    await clock.advance(10)
    expect(scheduler.reserve(['late.example'])).toBeDefined()
  })

  it('gives a destination’s next place to its own waiting work', async () => {
    const gate = later<void>()
    const { clock, store } = slow()
    const { scheduler, delivered } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { store, clock, limits: { perDestinationStart: 1, perDestination: 1, ahead: 0 } },
    )
    scheduler.start()
    for (const priority of [0, 5]) {
      await put(store, 'a.example', priority)
      await clock.advance(10)
    }
    await put(store, 'b.example', 0)
    gate.resolve()
    await settled()
    expect(names(delivered)).toEqual(['a.example 0'])
    expect(scheduler.reserve(['a.example'])).toBeUndefined()
    expect(scheduler.reserve(['c.example'])?.begin([])).toBeUndefined()
    expect(scheduler.snapshot().active).toBe(0)
    await clock.advance(10)
    expect(names(delivered)).toEqual(['a.example 0', 'a.example 5', 'b.example 0'])
    expect(scheduler.reserve(['a.example'])).toBeDefined()
  })

  it('hears a call for work between the end of its last round and the end of its look', async () => {
    const { scheduler, store } = await rig(deliveredAll, { limits: { perDestinationStart: 1, perDestination: 1 } })
    scheduler.start()
    for (let n = 0; n < 30; n++) {
      await store.draft().commit(envelope('a.example'))
      // One turn more each time, so that every moment of a look is met.
      for (let turn = 0; turn < n; turn++) await Promise.resolve()
      await store.draft().commit(envelope('a.example'))
      await settled()
      expect(await store.stats()).toMatchObject({ queued: 0 })
    }
  })

  it.each(['a.example', 'b.example'])(
    'lets nothing starve: bulk to %s gets through a stream of priority 9',
    async (to) => {
      const clock = createManualClock()
      const store = createMemoryStore({ clock, random: createSeededRandom() })
      const { scheduler, delivered } = await rig(
        async (lease) => {
          await new Promise<void>((resolve) => clock.after(600_000, resolve))
          // One comes for each that goes.
          await store.draft().commit(envelope('a.example'), { priority: 9 })
          return all(lease, { kind: 'delivered' })
        },
        { store, clock, limits: { concurrency: 1 } },
      )
      for (let n = 0; n < 5; n++) await put(store, 'a.example', 9)
      await put(store, to, -9)
      scheduler.start()
      const done = (): boolean => delivered.some(({ priority }) => priority === -9)
      await clock.advance(17 * hour)
      expect(done()).toBe(false)
      await clock.advance(3 * hour)
      expect(done()).toBe(true)
      expect(delivered.length).toBeGreaterThan(100)
    },
  )

  it('starts the queue of one destination when asked, though it was passed over, and no future release', async () => {
    let dead = true
    const { scheduler, store, delivered, clock } = await rig(
      async (lease) =>
        all(lease, dead ? { kind: 'deferred', delay: 4 * hour, because: 'no route' } : { kind: 'delivered' }),
      { limits: { coolFirstMs: 2 * hour, perDestinationStart: 1 } },
    )
    await store.draft().commit(envelope('a.example'), { notBefore: clock.now() + 24 * hour })
    for (let n = 0; n < 3; n++) await put(store, 'a.example', 0)
    scheduler.start()
    await clock.advance(1_000)
    expect(delivered).toHaveLength(1)
    expect(scheduler.snapshot().destinations[0]?.coolUntil).toBeDefined()
    dead = false
    // What ETRN comes to. @rfc 1985 5.1
    for await (const _ of store.change({ destination: 'a.example' }, { kind: 'expedite' }));
    await settled(400)
    expect(delivered).toHaveLength(4)
    expect(await store.stats()).toMatchObject({ delivered: 3, queued: 1 })
    await clock.advance(24 * hour)
    expect(await store.stats()).toMatchObject({ delivered: 4, queued: 0 })
    await scheduler.stop()
  })
})
