import { describe, expect, it } from 'vitest'
import type { Lease, QueueStore, RateLimit, Settlement } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom } from '../src/testing.ts'
import { all, envelope, rig, withOverrides } from './rig.ts'

const second = 1_000
const minute = 60 * second

/** Everything at once, by chance: what must hold whatever happens. */
describe('scheduler under random load', () => {
  it.each(Array.from({ length: 12 }, (_, n) => n + 1))('keeps its limits and its books (seed %d)', async (seed) => {
    const random = createSeededRandom(seed)
    const chance = (percent: number): boolean => random.below(100) < percent
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random })
    let calm = false
    const store: QueueStore = withOverrides(memory, {
      // Now and then a lease is lost.
      extend: (leases, duration) =>
        memory.extend(
          leases.filter(() => calm || !chance(20)),
          duration,
        ),
      due: (limit) => (calm || !chance(5) ? memory.due(limit) : Promise.reject(new Error('no disk'))),
    })
    const limits = { concurrency: 12, ahead: 8, perDestination: 4, perDestinationStart: 2, perNextHop: 5 }
    const rates: readonly RateLimit[] = [
      { by: 'sender', of: 'busy.example', count: 'messages', limit: 5, perMs: 10 * second },
      { by: 'destination', of: 'd1.example', count: 'recipients', limit: 3, perMs: 5 * second },
      { by: 'next-hop', of: 'mx2', count: 'messages', limit: 4, perMs: 3 * second },
      { by: 'all', count: 'messages', limit: 60, perMs: 10 * second },
    ]
    const under = new Map<string, number>()
    const count = (name: string, by: number): number => {
      const now = (under.get(name) ?? 0) + by
      under.set(name, now)
      return now
    }
    const exceeded: string[] = []
    const bound = (name: string, limit: number): void => {
      if (count(name, 1) > limit) exceeded.push(name)
    }
    const begun: { readonly at: number; readonly names: readonly string[]; readonly recipients: number }[] = []
    const hopOf = (destination: string): string => `mx${(destination.charCodeAt(1) + (chance(3) ? 1 : 0)) % 4}`

    const { scheduler } = await rig(
      async (lease: Lease, _signal, passage): Promise<Settlement> => {
        const { id, destination, fence, sender, recipients } = lease
        const at = clock.monotonic()
        bound('all', limits.concurrency)
        bound(destination, limits.perDestination)
        try {
          if (chance(30)) await new Promise<void>((resolve) => clock.after(random.below(500), resolve))
          if (!calm && chance(3)) throw new Error('bug')
          const hop = hopOf(destination)
          if (!passage.enter(hop)) return { lease: { id, destination, fence }, recipients: [] }
          bound(hop, limits.perNextHop)
          const names = [`sender ${sender}`, `destination ${destination}`, `next-hop ${hop}`]
          begun.push({ at, names, recipients: recipients.length })
          await new Promise<void>((resolve) => clock.after(random.below(3_000), resolve))
          count(hop, -1)
          if (!calm && (destination === 'd7.example' || chance(20)))
            return all(lease, { kind: 'deferred', delay: random.below(20_000), because: 'busy' })
          if (!calm && chance(5)) return all(lease, { kind: 'returned' })
          return all(lease, { kind: 'delivered' })
        } finally {
          count(destination, -1)
          count('all', -1)
        }
      },
      {
        store,
        clock,
        rates,
        limits: { ...limits, leaseMs: 4 * second, coolFirstMs: 10 * second, coolMaxMs: minute, storeRetryMs: second },
        withoutAttempt: async (lease) =>
          lease.recipients.some(({ bounce }) => bounce !== undefined)
            ? all(lease, { kind: 'failed', status: '5.0.0', because: 'given up' })
            : all(lease, { kind: 'deferred', delay: 5 * second, because: 'passed over' }),
      },
    )
    scheduler.start()
    for (let step = 0; step < 150; step++) {
      const destinations = Array.from({ length: 1 + random.below(3) }, () => `d${random.below(9)}.example`)
      const sender = chance(30) ? 'busy.example' : `s${random.below(4)}.example`
      const reservation = chance(50) ? scheduler.reserve(destinations) : undefined
      const lease = { holder: 'test', duration: 4 * second }
      const { leases } = await memory.draft().commit(envelope(...destinations), {
        sender,
        priority: random.below(5) - 2,
        ...(reservation && { lease }),
      })
      reservation?.begin(leases)
      if (chance(5)) for await (const _ of memory.change({}, { kind: 'expedite' }));
      if (chance(3))
        for await (const _ of memory.change({ destination: 'd3.example' }, { kind: 'bounce', because: 'no' }));
      await clock.advance(random.below(800))
    }
    calm = true
    // Some were lost so often that they are held.
    for (let n = 0; n < 2; n++) {
      await clock.advance(10 * minute)
      for await (const _ of memory.change({ state: 'held' }, { kind: 'release' }));
    }
    await clock.advance(10 * minute)
    for (let n = 0; n < 9; n++) await memory.draft().commit(envelope(`d${n}.example`))
    await clock.advance(5 * minute)
    expect(exceeded).toEqual([])
    // All got through.
    expect(await memory.stats()).toMatchObject({ queued: 0, messages: 0 })
    expect(scheduler.snapshot()).toMatchObject({ active: 0, settling: 0, ahead: 0 })
    expect([...under.values()].every((left) => left === 0)).toBe(true)
    // All room is there again, and of ways that are open nothing is kept.
    expect(scheduler.snapshot()).toMatchObject({ destinations: [], nextHops: [] })
    const fresh = Array.from({ length: limits.concurrency + limits.ahead }, (_, n) => `new${n}.example`)
    expect(scheduler.reserve(fresh)).toBeDefined()
    for (const { by, of, count: what, limit, perMs } of rates)
      for (const { at } of begun) {
        // It may count for its next hop only as it enters it, half a second later.
        const from = at - (by === 'next-hop' ? perMs - 500 : perMs)
        const span = begun.filter(
          (one) => one.at > from && one.at <= at && (of === undefined || one.names.includes(`${by} ${of}`)),
        )
        const used = span.reduce((sum, { recipients }) => sum + (what === 'messages' ? 1 : recipients), 0)
        expect(used).toBeLessThanOrEqual(limit)
      }
  })
})
