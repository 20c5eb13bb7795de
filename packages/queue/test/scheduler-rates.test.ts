import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Lease, Passage, QueueStore, RateLimit } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { Account } from '../src/scheduler/account.ts'
import { Rates } from '../src/scheduler/rates.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import type { Rig, RigOptions } from './rig.ts'
import { all, deliveredAll, envelope, rig, withOverrides } from './rig.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

interface Begun extends Pick<Lease, 'destination' | 'sender' | 'source'> {
  readonly at: number
  readonly recipients: number
}

/** A scheduler under these limits that delivers at once, and what began when. */
async function limited(
  rates: readonly RateLimit[],
  options: RigOptions = {},
): Promise<Rig & { readonly begun: Begun[] }> {
  const begun: Begun[] = []
  const made = await rig(
    async (lease, _signal, passage: Passage) => {
      const { id, destination, fence, sender, source, recipients } = lease
      if (!passage.enter(`mx.${destination.slice(-9)}`)) return { lease: { id, destination, fence }, recipients: [] }
      const from = source === undefined ? {} : { source }
      begun.push({ at: made.clock.monotonic(), destination, sender, ...from, recipients: recipients.length })
      return all(lease, { kind: 'delivered' })
    },
    { rates, ...options },
  )
  return { ...made, begun }
}

/** Whether no span has more than the limit. */
function keeps({ limit, perMs, count }: RateLimit, begun: readonly Begun[]): boolean {
  return begun.every(({ at }) => {
    const span = begun.filter((one) => one.at > at - perMs && one.at <= at)
    const used = span.reduce((sum, { recipients }) => sum + (count === 'messages' ? 1 : recipients), 0)
    return used <= limit || (span.length === 1 && count === 'recipients')
  })
}

describe('an account', () => {
  it('lets a burst of the whole limit through, then nothing before a span is over', () => {
    const account = new Account(100, minute)
    for (let n = 0; n < 100; n++) {
      expect(account.opensAt(1, n)).toBe(n)
      account.charge(1, n)
    }
    expect(account.room(100)).toBe(0)
    expect(account.opensAt(1, 100)).toBe(minute + 99)
    expect(account.room(minute + 99)).toBe(100)
  })

  it('never lets more than the limit through in any span, and not much less', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 5 })), { maxLength: 300 }),
        (limit, steps) => {
          const account = new Account(limit, minute)
          const begun: { at: number; count: number }[] = []
          let now = 0
          for (const [wait, wanted] of steps) {
            now += wait
            const count = Math.min(wanted, limit)
            const used = (until: number): number =>
              begun.filter(({ at }) => at > until - minute).reduce((sum, one) => sum + one.count, 0)
            const opensAt = account.opensAt(count, now)
            if (opensAt <= now) {
              account.charge(count, now)
              begun.push({ at: now, count })
              expect(used(now)).toBeLessThanOrEqual(limit)
            } else expect(used(now - minute / 32) + count).toBeGreaterThan(limit)
          }
        },
      ),
    )
  })

  it('lets more than the limit through alone, and then nothing for as many spans', () => {
    const account = new Account(10, second)
    account.charge(1, 0)
    expect(account.opensAt(25, 10)).toBe(second)
    account.charge(25, second)
    expect(account.opensAt(1, second)).toBe(4 * second)
  })

  it('lets nothing smaller pass what waits for room', () => {
    const account = new Account(10, second)
    account.charge(6, 0)
    expect(account.promise(8, 100, hour)).toBe(second)
    expect(account.room(200)).toBe(0)
    expect(account.roomAt(200)).toBe(second)
    expect(account.room(second)).toBe(10)
    // It is waited for, but not for ever.
    expect(account.opensAt(1, second)).toBe(6 * second)
    expect(account.opensAt(8, second)).toBe(second)
    account.charge(8, second)
    expect(account.opensAt(1, second)).toBe(second)
  })

  it('keeps room for what waits longer than anybody is told to', () => {
    const account = new Account(10, 24 * hour)
    account.charge(6, 0)
    for (let now = 100; now < 24 * hour; ) {
      const at = account.promise(8, now, now + hour) ?? Number.NaN
      expect(at).toBe(Math.min(now + hour, 24 * hour))
      expect(account.room(now)).toBe(0)
      now = at
    }
    expect(account.opensAt(8, 24 * hour)).toBe(24 * hour)
    expect(account.opensAt(1, 24 * hour)).toBe(24 * hour + 5_000)
  })

  it('stays small, whatever comes', () => {
    const rates = new Rates([{ by: 'sender', count: 'messages', limit: 1e6, perMs: hour }], createSeededRandom())
    for (let n = 0; n < 50_000; n++) rates.admit({ sender: `s${n}.example` }, 1, n)
    for (let n = 0; n < 10_000; n++) rates.admit({ sender: 'busy.example' }, 1, 50_000 + n * 100)
    expect(rates.size).toBeLessThanOrEqual(20_001)
    const account = new Account(1e6, hour)
    for (let at = 0; at < 4 * hour; at += second) account.charge(1, at)
    expect(account.size).toBeLessThanOrEqual(34)
  })
})

describe('rate limits', () => {
  const spans = [second, minute, hour]
  it.each(spans)('by destination: as many messages per %d ms, and others are not delayed', async (perMs) => {
    const limit: RateLimit = { by: 'destination', of: 'slow.example', count: 'messages', limit: 4, perMs }
    const { scheduler, put, begun, clock, store } = await limited([limit])
    await put('slow.example', 20)
    await put('free.example', 20)
    scheduler.start()
    await settled(1_000)
    expect(begun.filter(({ destination }) => destination === 'slow.example')).toHaveLength(4)
    expect(begun.filter(({ destination }) => destination === 'free.example')).toHaveLength(20)
    // What has to wait is not leased.
    let leased = 0
    for await (const _ of store.scan({ state: 'leased' })) leased++
    expect(leased).toBe(0)
    await clock.advance(4.5 * perMs)
    const slow = begun.filter(({ destination }) => destination === 'slow.example')
    expect(slow).toHaveLength(20)
    expect(keeps(limit, slow)).toBe(true)
    // A burst of the whole limit, as soon as may be.
    expect(slow.map(({ at }) => Math.floor(at / perMs))).toEqual([0, 1, 2, 3, 4].flatMap((n) => [n, n, n, n]))
  })

  it('in all: counts recipients, of every message', async () => {
    const limit: RateLimit = { by: 'all', count: 'recipients', limit: 10, perMs: minute }
    const { scheduler, begun, clock, store } = await limited([limit])
    for (let n = 0; n < 12; n++)
      await store.draft().commit(envelope(...Array.from({ length: 1 + (n % 4) }, () => `d${n}.example`)))
    scheduler.start()
    await clock.advance(30 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 30 })
    expect(keeps(limit, begun)).toBe(true)
    expect(begun.at(-1)?.at).toBeLessThan(6 * minute)
  })

  it('in all: what has to wait is not leased', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    let handed = 0
    const lease: QueueStore['lease'] = async (request) => {
      const leases = await memory.lease(request)
      handed += leases.length
      return leases
    }
    const limit: RateLimit = { by: 'all', count: 'messages', limit: 3, perMs: minute }
    const store = withOverrides(memory, { lease })
    const { scheduler, put } = await limited([limit], { store, clock })
    for (const name of ['a.example', 'b.example', 'c.example']) await put(name, 5)
    scheduler.start()
    await clock.advance(4.5 * minute)
    expect(await memory.stats()).toMatchObject({ delivered: 15 })
    expect(handed).toBe(15)
  })

  it('by next hop: counts what goes there, whatever the destination', async () => {
    const limit: RateLimit = { by: 'next-hop', of: 'mx.a.example', count: 'messages', limit: 5, perMs: minute }
    const { scheduler, put, begun, clock, store } = await limited([limit])
    for (const name of ['xa.example', 'ya.example', 'za.example', 'b.example']) await put(name, 10)
    scheduler.start()
    await clock.advance(second)
    expect(begun.filter(({ destination }) => destination === 'b.example')).toHaveLength(10)
    expect(begun).toHaveLength(15)
    await clock.advance(6 * minute)
    expect(await store.stats()).toMatchObject({ delivered: 40 })
    expect(
      keeps(
        limit,
        begun.filter(({ destination }) => destination !== 'b.example'),
      ),
    ).toBe(true)
  })

  it('by next hop: what went elsewhere does not count', async () => {
    let moved = false
    const entered: string[] = []
    const { scheduler, put } = await rig(
      async (lease, signal, passage) => {
        const hop = moved && lease.destination === 'a.example' ? 'new' : 'old'
        if (passage.enter(hop)) entered.push(`${lease.destination} ${hop}`)
        return deliveredAll(lease, signal, passage)
      },
      { rates: [{ by: 'next-hop', of: 'old', count: 'messages', limit: 2, perMs: hour }] },
    )
    scheduler.start()
    await put('a.example')
    moved = true
    for (const name of ['a', 'b', 'c']) await put(`${name}.example`)
    expect(entered).toEqual(['a.example old', 'a.example new', 'b.example old'])
  })

  it('by next hop: what was refused does not count', async () => {
    const limits: RateLimit[] = [
      { by: 'destination', count: 'messages', limit: 1, perMs: hour },
      { by: 'all', count: 'messages', limit: 3, perMs: hour },
    ]
    const { scheduler, put, begun, clock } = await limited(limits, { limits: { perNextHop: 1 } })
    for (const name of ['xa.example', 'ya.example', 'za.example']) await put(name, 1)
    scheduler.start()
    await clock.advance(second)
    expect(begun).toHaveLength(3)
  })

  it.each(['sender', 'source'] as const)(
    'by %s: what waits is given back for as long, and comes back spread',
    async (by) => {
      const limit: RateLimit = { by, count: 'messages', limit: 10, perMs: minute }
      const { scheduler, put, begun, clock, store } = await limited([limit])
      const options = { sender: 'busy.example', source: '192.0.2.1' }
      await put('a.example', 60, options)
      await put('a.example', 5, { sender: 'other.example', source: '192.0.2.2' })
      scheduler.start()
      await clock.advance(100)
      const of = (sender: string): readonly Begun[] => begun.filter((one) => one.sender === sender)
      expect(of('other.example')).toHaveLength(5)
      expect(of('busy.example')).toHaveLength(10)
      const waits: number[] = []
      for await (const entry of store.scan({ state: 'queued' }))
        for (const { nextAttempt, attempts } of entry.kind === 'message' ? entry.recipients : []) {
          waits.push(Math.round(((nextAttempt ?? 0) - clock.now()) / second))
          expect(attempts).toBe(0)
        }
      expect(waits.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => 60 + 6 * n))
      await clock.advance(7 * minute)
      expect(of('busy.example')).toHaveLength(60)
      expect(keeps(limit, of('busy.example'))).toBe(true)
    },
  )

  it('by sender: a backlog of hours comes back within the hour, and not all at once', async () => {
    const limit: RateLimit = { by: 'sender', count: 'messages', limit: 1, perMs: minute }
    const { scheduler, put, clock, store } = await limited([limit])
    await put('a.example', 500)
    scheduler.start()
    await clock.advance(100)
    const waits: number[] = []
    for await (const entry of store.scan())
      for (const { nextAttempt } of entry.kind === 'message' ? entry.recipients : [])
        waits.push((nextAttempt ?? 0) - clock.now())
    expect(Math.max(...waits)).toBeLessThanOrEqual(hour)
    const late = waits.filter((wait) => wait > hour / 2)
    expect(late.length).toBeGreaterThan(400)
    expect(new Set(late.map((wait) => Math.floor(wait / minute))).size).toBeGreaterThan(25)
  })

  it('by sender: what waits too long is warned about and ends, as any other', async () => {
    const asked: { readonly why: string; readonly hours: number }[] = []
    let warned = 0
    const clock = createManualClock()
    const start = clock.now()
    const { scheduler, put, store } = await limited([{ by: 'sender', count: 'messages', limit: 1, perMs: 24 * hour }], {
      clock,
      withoutAttempt: async (lease, why) => {
        asked.push({ why, hours: Math.floor((clock.now() - start) / hour) })
        if (clock.now() - lease.acceptedAt >= 120 * hour)
          return all(lease, { kind: 'expired', status: '4.4.7', because: 'too long' })
        warned++
        return all(lease, { kind: 'deferred', delay: 5 * minute, because: 'held back', warned: true })
      },
    })
    await put('a.example', 10)
    scheduler.start()
    await clock.advance(4 * hour - second)
    expect(asked).toEqual([])
    await clock.advance(2 * hour)
    expect(warned).toBe(9)
    await clock.advance(120 * hour)
    expect(warned).toBe(9)
    expect(await store.stats()).toMatchObject({ queued: 0, delivered: 5 + 1, expired: 4 })
    expect(asked.every(({ why }) => why === 'rate')).toBe(true)
  })

  it('by sender: reports have none, unless it is asked for', async () => {
    const { scheduler, put, begun } = await limited([{ by: 'sender', count: 'messages', limit: 1, perMs: hour }])
    await put('a.example', 5, { sender: '' })
    scheduler.start()
    await settled(500)
    expect(begun).toHaveLength(5)
    const one = await limited([{ by: 'sender', of: '', count: 'messages', limit: 1, perMs: hour }])
    await one.put('a.example', 5, { sender: '' })
    one.scheduler.start()
    await settled(500)
    expect(one.begun).toHaveLength(1)
  })

  it('keep a message of more recipients than the limit alone, and then rest for as many spans', async () => {
    const limit: RateLimit = { by: 'destination', count: 'recipients', limit: 3, perMs: minute }
    const { scheduler, begun, clock, store } = await limited([limit])
    const many = Array.from({ length: 8 }, () => 'a.example')
    await store.draft().commit(envelope('a.example'))
    await store.draft().commit(envelope(...many))
    for (let n = 0; n < 3; n++) await store.draft().commit(envelope('a.example'))
    scheduler.start()
    await clock.advance(20 * minute)
    expect(begun.map(({ recipients }) => recipients)).toEqual([1, 8, 1, 1, 1])
    expect(begun.map(({ at }) => Math.floor(at / minute))).toEqual([0, 1, 4, 4, 4])
  })

  it('let a large message through a stream of small ones', async () => {
    const limit: RateLimit = { by: 'destination', count: 'recipients', limit: 10, perMs: minute }
    const { scheduler, put, begun, clock, store } = await limited([limit])
    scheduler.start()
    await put('a.example', 5)
    await store.draft().commit(envelope(...Array.from({ length: 9 }, () => 'a.example')))
    for (let n = 0; n < 60; n++) {
      await put('a.example', 2)
      await clock.advance(5 * second)
    }
    const at = begun.find(({ recipients }) => recipients === 9)?.at
    expect(at).toBeLessThan(2 * minute)
    expect(keeps(limit, begun)).toBe(true)
  })

  it('are kept by what is committed with a lease', async () => {
    const limit: RateLimit = { by: 'destination', count: 'messages', limit: 2, perMs: minute }
    const { scheduler, begun, store } = await limited([limit])
    scheduler.start()
    await settled()
    const lease = { holder: 'test', duration: 60_000 }
    for (let n = 0; n < 4; n++) {
      const reservation = scheduler.reserve(['a.example'])
      const { leases } = await store.draft().commit(envelope('a.example'), reservation === undefined ? {} : { lease })
      reservation?.begin(leases)
      await settled()
    }
    expect(begun).toHaveLength(2)
    expect(scheduler.reserve(['a.example'])).toBeUndefined()
  })

  it('do not starve others: a thousand limited destinations before one that is free', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const due = vi.fn((limit: number) => memory.due(limit))
    const { scheduler, put, store, delivered } = await rig(deliveredAll, {
      store: withOverrides(memory, { due }),
      clock,
      rates: [{ by: 'destination', count: 'messages', limit: 1, perMs: hour }],
    })
    for (let n = 0; n < 1_000; n++)
      for (let twice = 0; twice < 2; twice++) await store.draft().commit(envelope(`d${n}.example`))
    scheduler.start()
    await clock.advance(second)
    expect(delivered).toHaveLength(1_000)
    const before = due.mock.calls.length
    await put('free.example')
    await clock.advance(20)
    expect(delivered).toHaveLength(1_001)
    await clock.advance(30 * minute)
    expect(due.mock.calls.length - before).toBeLessThan(70)
    await clock.advance(31 * minute)
    expect(delivered).toHaveLength(2_001)
  })

  it('must let something through', async () => {
    const limit: RateLimit = { by: 'all', count: 'messages', limit: 0, perMs: minute }
    await expect(limited([limit])).rejects.toThrow(RangeError)
    await expect(limited([{ ...limit, limit: 1, perMs: 0 }])).rejects.toThrow(RangeError)
  })
})
