import { describe, expect, it, vi } from 'vitest'
import type { Lease, QueueStore, Settlement } from '../src/index.ts'
import { createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import type { Deliver } from './rig.ts'
import { all, deliveredAll, envelope, later, rig, withOverrides } from './rig.ts'

const minute = 60_000

/** Deliveries that end when told to, in the order they began. */
function gated(): {
  readonly deliver: Deliver
  readonly under: () => number
  readonly end: (destination?: string) => Promise<void>
} {
  const open: { readonly lease: Lease; readonly resolve: (settlement: Settlement) => void }[] = []
  return {
    under: () => open.length,
    deliver: (lease) => new Promise((resolve) => open.push({ lease, resolve })),
    async end(destination) {
      const at = open.findIndex(({ lease }) => destination === undefined || lease.destination === destination)
      const [one] = open.splice(at, 1)
      one?.resolve(all(one.lease, { kind: 'delivered' }))
      await settled()
    },
  }
}

async function leased(store: QueueStore): Promise<number> {
  let count = 0
  for await (const _ of store.scan({ state: 'leased' })) count++
  return count
}

describe('leases ahead', () => {
  it('are no more than the limit, in all and for the places of each destination', async () => {
    const { deliver, under } = gated()
    const { scheduler, put, store } = await rig(deliver, {
      limits: { concurrency: 6, ahead: 10, perDestination: 2, perDestinationStart: 2 },
    })
    await put('a.example', 50)
    scheduler.start()
    await settled()
    expect(under()).toBe(2)
    expect(scheduler.snapshot()).toMatchObject({ active: 2, ahead: 8 })
    expect(await leased(store)).toBe(10)
    for (const name of ['b', 'c', 'd', 'e', 'f']) await put(`${name}.example`, 50)
    await settled(1_000)
    expect(scheduler.snapshot()).toMatchObject({ active: 6, ahead: 10 })
  })

  it('begin at once where a place is freed, of the same destination first, without the store', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const lease = vi.fn<QueueStore['lease']>((request) => memory.lease(request))
    const due = vi.fn<QueueStore['due']>((limit) => memory.due(limit))
    const { deliver, end } = gated()
    const { scheduler, put, delivered } = await rig(deliver, {
      store: withOverrides(memory, { lease, due }),
      clock,
      limits: { perDestination: 2, perDestinationStart: 2 },
    })
    await put('a.example', 50)
    await put('b.example', 50)
    scheduler.start()
    await settled()
    const before = lease.mock.calls.length + due.mock.calls.length
    const begun: string[] = []
    for (const name of ['a', 'b', 'b', 'a', 'b', 'b', 'b']) {
      await end(`${name}.example`)
      begun.push(delivered.at(-1)?.destination ?? '')
    }
    expect(begun).toEqual(['a', 'b', 'b', 'a', 'b', 'b', 'b'].map((name) => `${name}.example`))
    expect(lease.mock.calls.length + due.mock.calls.length - before).toBeLessThanOrEqual(4)
  })

  it('are fetched many at a time', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    const lease = vi.fn<QueueStore['lease']>((request) => memory.lease(request))
    const { scheduler, put, store } = await rig(deliveredAll, { store: withOverrides(memory, { lease }), clock })
    await put('a.example', 2_000)
    scheduler.start()
    await settled(10_000)
    expect(await store.stats()).toMatchObject({ delivered: 2_000 })
    expect(lease.mock.calls.length).toBeLessThan(60)
  })

  it('give way to who has less, and to a higher priority', async () => {
    const { deliver, end } = gated()
    const { scheduler, put, delivered, clock } = await rig(deliver, { limits: { concurrency: 4 } })
    await put('big.example', 50)
    scheduler.start()
    await settled()
    expect(scheduler.snapshot()).toMatchObject({ active: 4, ahead: 21 })
    await put('small.example')
    await put('urgent.example', 1, { priority: 4 })
    await end()
    await end()
    expect(delivered.slice(4).map(({ destination }) => destination)).toEqual(['urgent.example', 'small.example'])
    await put('big.example', 1, { priority: 1 })
    await end('big.example')
    expect(delivered.at(-1)).toMatchObject({ destination: 'big.example', priority: 1 })
    await clock.advance(10)
  })

  it('do not keep others waiting for a session that is open: a second of waiting is worth more', async () => {
    const { deliver, end } = gated()
    const { scheduler, put, delivered, clock } = await rig(deliver, { limits: { concurrency: 1 } })
    await put('a.example', 20)
    await put('b.example', 1)
    scheduler.start()
    await settled()
    const order: string[] = []
    for (let n = 0; n < 12; n++) {
      order.push(delivered.at(-1)?.destination ?? '')
      await clock.advance(150)
      await end()
      await put('a.example')
    }
    expect(order.indexOf('b.example')).toBeGreaterThan(5)
    expect(order.indexOf('b.example')).toBeLessThan(11)
  })

  it('are given back, uncounted, when their destination is passed over', async () => {
    const ahead: number[] = []
    const { scheduler, put, store, clock, delivered } = await rig(
      async (lease) => {
        await new Promise<void>((resolve) => clock.after(10, resolve))
        ahead.push(scheduler.snapshot().ahead)
        return all(lease, { kind: 'deferred', delay: 60 * minute, because: 'timeout' })
      },
      { limits: { perDestinationStart: 2 } },
    )
    await put('dead.example', 20)
    scheduler.start()
    await clock.advance(5)
    expect(scheduler.snapshot()).toMatchObject({ active: 2, ahead: 8 })
    await clock.advance(10)
    expect(scheduler.snapshot()).toMatchObject({ active: 0, ahead: 0 })
    expect(delivered).toHaveLength(2)
    let untried = 0
    for await (const entry of store.scan({ state: 'queued' }))
      if (entry.kind === 'message' && entry.recipients[0]?.attempts === 0) untried++
    expect(untried).toBe(18)
    // One is enough to find out whether it is back.
    await clock.advance(2 * minute)
    expect(delivered).toHaveLength(3)
    expect(ahead).toEqual([8, 8, 0])
    await scheduler.stop()
  })

  it('are given back at once when the scheduler drains', async () => {
    const { deliver, end } = gated()
    const { scheduler, put, store } = await rig(deliver, { limits: { perDestinationStart: 1 } })
    await put('a.example', 10)
    scheduler.start()
    await settled()
    expect(await leased(store)).toBe(5)
    const drained = scheduler.drain(10_000)
    await settled()
    expect(await leased(store)).toBe(1)
    expect(scheduler.snapshot()).toMatchObject({ state: 'draining', active: 1, ahead: 0 })
    await end()
    await drained
    expect(await store.stats()).toMatchObject({ delivered: 1, queued: 9 })
    for await (const entry of store.scan()) expect(entry).toMatchObject({ recipients: [{ attempts: 0 }] })
  })

  it('are renewed while they wait, and dropped when they are lost', async () => {
    const clock = createManualClock()
    const memory = createMemoryStore({ clock, random: createSeededRandom() })
    let lost = false
    const extend: QueueStore['extend'] = async (leases, duration) => (lost ? [] : memory.extend(leases, duration))
    const { deliver, end } = gated()
    const { scheduler, put, store, delivered, log } = await rig(deliver, {
      store: withOverrides(memory, { extend }),
      clock,
      limits: { perDestination: 1, perDestinationStart: 1, leaseMs: minute },
    })
    await put('a.example', 3)
    scheduler.start()
    await clock.advance(10 * minute)
    await end()
    expect(delivered).toHaveLength(2)
    expect(log).toEqual([])
    lost = true
    await clock.advance(minute / 2)
    expect(log.map(({ event }) => event)).toEqual(['lease-lost', 'lease-lost'])
    await end()
    // What was lost is not begun, but leased again.
    expect(scheduler.snapshot()).toMatchObject({ ahead: 0 })
    lost = false
    await clock.advance(2 * minute)
    for (let n = 0; n < 3; n++) await end()
    expect(await store.stats()).toMatchObject({ delivered: 3 })
  })

  it('are what a commit may have where nothing else waits in the store', async () => {
    const { deliver, end, under } = gated()
    const { scheduler, store } = await rig(deliver, {
      limits: { concurrency: 2, perDestinationStart: 1, perDestination: 1, ahead: 3 },
    })
    scheduler.start()
    await settled()
    const lease = { holder: 'test', duration: minute }
    const took: boolean[] = []
    for (let n = 0; n < 6; n++) {
      const reservation = scheduler.reserve(['a.example'])
      took.push(reservation !== undefined)
      const { leases } = await store.draft().commit(envelope('a.example'), reservation === undefined ? {} : { lease })
      reservation?.begin(leases)
      await settled()
    }
    expect(took).toEqual([true, true, true, true, false, false])
    expect(under()).toBe(1)
    expect(scheduler.reserve(['b.example'])).toBeDefined()
    for (let n = 0; n < 6; n++) await end()
    expect(await store.stats()).toMatchObject({ delivered: 6 })
  })
})

describe('room for a commit', () => {
  it('is there again once places are free, though one destination has much more in the store', async () => {
    const { deliver, end } = gated()
    const { scheduler, put } = await rig(deliver, {
      limits: { concurrency: 8, perDestination: 4, perDestinationStart: 4, ahead: 20 },
    })
    await put('big.example', 1_000)
    scheduler.start()
    await settled()
    for (let n = 0; n < 10; n++) await put(`d${n}.example`)
    expect(scheduler.snapshot()).toMatchObject({ active: 8 })
    expect(scheduler.reserve(['new.example'])).toBeUndefined()
    for (let n = 0; n < 3; n++) await end('big.example')
    for (let n = 0; n < 10; n++) await end(`d${n}.example`)
    expect(scheduler.snapshot()).toMatchObject({ active: 4 })
    expect(scheduler.reserve(['big.example'])).toBeUndefined()
    expect(scheduler.reserve(['new.example'])).toBeDefined()
  })
})

describe('what an operator gave up', () => {
  const because = 'not wanted'
  const failed = (lease: Lease): Settlement => all(lease, { kind: 'failed', status: '5.0.0', because })

  it('is settled without a place, though its destination has none', async () => {
    const gate = later<void>()
    const decided: Lease[] = []
    const { scheduler, put, store } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      {
        limits: { perDestination: 1, perDestinationStart: 1 },
        withoutAttempt: async (lease) => {
          decided.push(lease)
          return failed(lease)
        },
      },
    )
    await put('a.example', 8)
    scheduler.start()
    await settled()
    for await (const _ of store.change({ state: 'queued' }, { kind: 'bounce', because }));
    gate.resolve()
    await settled(1_000)
    expect(decided).toHaveLength(3)
    expect(decided.every(({ recipients }) => recipients[0]?.bounce === because)).toBe(true)
    expect(await store.stats()).toMatchObject({ failed: 3, delivered: 5 })
  })

  it('is decided on by no more at a time than there are leases in hand', async () => {
    let under = 0
    let most = 0
    const { scheduler, put, store, clock } = await rig(deliveredAll, {
      limits: { concurrency: 3, ahead: 7 },
      withoutAttempt: async (lease) => {
        most = Math.max(most, ++under)
        await new Promise<void>((resolve) => clock.after(1_000, resolve))
        under--
        return failed(lease)
      },
    })
    for (const name of ['a', 'b', 'c', 'd']) await put(`${name}.example`, 25)
    for await (const _ of store.change({}, { kind: 'bounce', because }));
    scheduler.start()
    await clock.advance(minute)
    expect(await store.stats()).toMatchObject({ failed: 100 })
    expect(most).toBe(10)
  })

  it('is settled at once where its destination is passed over, however much it is', async () => {
    let attempts = 0
    const { scheduler, put, store, clock } = await rig(
      async (lease) => {
        attempts++
        return all(lease, { kind: 'deferred', delay: 60 * minute, because: 'timeout' })
      },
      {
        limits: { visitBatch: 10, visitEveryMs: 30_000, perDestinationStart: 1, coolFirstMs: 60 * minute },
        withoutAttempt: async (lease) =>
          lease.recipients.some(({ bounce }) => bounce !== undefined)
            ? failed(lease)
            : all(lease, { kind: 'deferred', delay: 5 * minute, because: 'passed over' }),
      },
    )
    await put('dead.example', 500)
    scheduler.start()
    await clock.advance(1_000)
    for await (const _ of store.change({}, { kind: 'bounce', because }));
    await clock.advance(30_000)
    await settled(5_000)
    expect(await store.stats()).toMatchObject({ failed: 500, queued: 0 })
    expect(attempts).toBe(1)
  })
})

describe('a decision without an attempt', () => {
  it('counts none and remembers nothing, but that the sender was told', async () => {
    let warns = false
    const { scheduler, put, store, clock, delivered } = await rig(
      async (lease) => all(lease, { kind: 'deferred', delay: 60 * minute, because: 'timeout' }),
      {
        limits: { perDestinationStart: 1, coolFirstMs: 60 * minute },
        withoutAttempt: async (lease) =>
          all(lease, {
            kind: 'deferred',
            delay: 5 * minute,
            because: 'passed over',
            ...(warns && lease.recipients[0]?.warned === false && { warned: true }),
          }),
      },
    )
    await put('dead.example', 2)
    scheduler.start()
    await clock.advance(1_000)
    expect(delivered).toHaveLength(1)
    const untried = async (): Promise<unknown> => {
      for await (const entry of store.scan())
        if (entry.kind === 'message' && entry.id !== delivered[0]?.id) return entry.recipients[0]
      return undefined
    }
    expect(await untried()).toMatchObject({ state: 'queued', attempts: 0, nextAttempt: expect.any(Number) })
    await clock.advance(20 * minute)
    expect(await untried()).toMatchObject({ state: 'queued', attempts: 0 })
    warns = true
    await clock.advance(10 * minute)
    expect(await untried()).toMatchObject({ state: 'deferred', attempts: 1, because: 'passed over' })
    expect(delivered).toHaveLength(1)
    await scheduler.stop()
  })

  it('is made when its time is over, where the store names it as due', async () => {
    const seen: number[] = []
    const { scheduler, put, clock } = await rig(
      async (lease) => all(lease, { kind: 'deferred', delay: 4 * 60 * minute, because: 'timeout' }),
      {
        limits: { perDestinationStart: 1, coolFirstMs: 60 * minute },
        // As a message that is to be there within 17 minutes.
        withoutAttempt: async (lease) => {
          seen.push(clock.monotonic())
          const left = 17 * minute - clock.monotonic()
          return left > 0
            ? all(lease, { kind: 'deferred', delay: Math.min(5 * minute, left), because: 'passed over' })
            : all(lease, { kind: 'failed', status: '5.4.7', because: 'too late' })
        },
      },
    )
    await put('dead.example', 2)
    scheduler.start()
    await clock.advance(30 * minute)
    expect(seen.at(-1)).toBeLessThan(17 * minute + 1_500)
    expect(seen).toHaveLength(5)
    await scheduler.stop()
  })
})
