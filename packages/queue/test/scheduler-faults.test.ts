import { describe, expect, it } from 'vitest'
import type { QueueStore, Settlement } from '../src/index.ts'
import { createMemoryStore, QueueError } from '../src/index.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import { all, deliveredAll, envelope, later, rig, storeFailed, withOverrides } from './rig.ts'

function failing(): {
  clock: ReturnType<typeof createManualClock>
  store: QueueStore
  broken: Set<string>
  calls: string[]
} {
  const clock = createManualClock()
  const inner = createMemoryStore({ clock, random: createSeededRandom() })
  const broken = new Set<string>()
  const calls: string[] = []
  const guard = <A extends unknown[], R>(name: string, run: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      calls.push(name)
      if (broken.has(name)) throw storeFailed(name)
      return run(...args)
    }
  }
  const store = withOverrides(inner, {
    due: guard('due', inner.due.bind(inner)),
    lease: guard('lease', inner.lease.bind(inner)),
    extend: guard('extend', inner.extend.bind(inner)),
    settle: guard('settle', inner.settle.bind(inner)),
  })
  return { clock, store, broken, calls }
}

describe('scheduler when things break', () => {
  it.each(['due', 'lease', 'settle'])(
    'rests when the store fails to %s, and goes on when it recovers',
    async (operation) => {
      const { clock, store, broken, calls } = failing()
      const { scheduler, put, delivered } = await rig(deliveredAll, { store, clock })
      await put('a.example', 3)
      broken.add(operation)
      scheduler.start()
      await clock.advance(120_000)
      expect(calls.filter((name) => name === operation).length).toBeLessThan(20)
      broken.clear()
      await clock.advance(60_000)
      expect(await store.stats()).toMatchObject({ delivered: 3, queued: 0 })
      // Outcomes waited for the store; nobody was asked to deliver twice.
      expect(delivered).toHaveLength(3)
    },
  )

  it('has one suspect under way at a time, so that only the culprit is held at the third fall', async () => {
    let most = 0
    let underWay = 0
    const release: (() => void)[] = []
    const { scheduler, store, clock, put, delivered } = await rig(async (lease) => {
      if (lease.recipients.some(({ abandoned = 0 }) => abandoned >= 2)) {
        most = Math.max(most, ++underWay)
        await new Promise<void>((resolve) => release.push(resolve))
        underWay--
      }
      return all(lease, { kind: 'delivered' })
    })
    await put('a.example', 30)
    for (const _ of [1, 2]) {
      const leases = await store.lease({ destination: 'a.example', holder: 'fell', duration: 1_000, limit: 30 })
      expect(leases).toHaveLength(30)
      await clock.advance(1_000)
    }
    await put('a.example', 5)
    scheduler.start()
    await clock.advance(60_000)
    // The others do not wait for them.
    expect(await store.stats()).toMatchObject({ delivered: 5, queued: 30 })
    for (let rounds = 0; rounds < 300 && release.length + delivered.length > 0; rounds++) {
      release.shift()?.()
      await clock.advance(2_000)
      if ((await store.stats()).queued === 0) break
    }
    expect(await store.stats()).toMatchObject({ delivered: 35, queued: 0, held: 0 })
    expect(most).toBe(1)
  })

  it('does not press a store whose clock is behind', async () => {
    const clock = createManualClock()
    const behind = { ...clock, now: () => clock.now() - 60_000 }
    const memory = createMemoryStore({ clock: behind, random: createSeededRandom() })
    let asked = 0
    const due: QueueStore['due'] = (limit) => {
      asked++
      return memory.due(limit)
    }
    const store = withOverrides(memory, { due })
    const { scheduler, delivered } = await rig(deliveredAll, { store, clock })
    await store.draft().commit(envelope('a.example'), { notBefore: clock.now() })
    scheduler.start()
    await clock.advance(30_000)
    expect(asked).toBeLessThan(310)
    await clock.advance(30_200)
    expect(delivered).toHaveLength(1)
  })

  it('begins no more deliveries than the store can hear of', async () => {
    const { clock, store, broken } = failing()
    const { scheduler, delivered } = await rig(deliveredAll, { store, clock, limits: { concurrency: 10 } })
    for (let n = 0; n < 100; n++) await store.draft().commit(envelope(`d${n}.example`))
    broken.add('settle')
    scheduler.start()
    await clock.advance(10_000)
    expect(delivered.length).toBeLessThanOrEqual(20)
    broken.clear()
    await clock.advance(120_000)
    expect(await store.stats()).toMatchObject({ delivered: 100 })
  })

  it('renews long deliveries, through a failure of the store as well', async () => {
    const { clock, store, broken } = failing()
    const gate = later<void>()
    const { scheduler, put, log } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { store, clock, limits: { leaseMs: 60_000 } },
    )
    await put('slow.example')
    scheduler.start()
    await clock.advance(300_000)
    broken.add('extend')
    await clock.advance(20_000)
    broken.clear()
    await clock.advance(300_000)
    gate.resolve()
    await settled()
    expect(await store.stats()).toMatchObject({ delivered: 1 })
    expect(log.filter(({ event }) => event === 'lease-lost')).toEqual([])
  })

  it('drops the outcome of a lost lease, tells the delivery and the log', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const gate = later<void>()
    let aborted = false
    const { scheduler, put, log } = await rig(
      async (lease, signal) => {
        signal.addEventListener('abort', () => {
          aborted = true
        })
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { store: withOverrides(store, { extend: async () => [] }), clock, limits: { leaseMs: 60_000 } },
    )
    await put('slow.example')
    scheduler.start()
    await clock.advance(31_000)
    expect(aborted).toBe(true)
    gate.resolve()
    await settled()
    expect(log.map(({ event }) => event)).toEqual(['lease-lost', 'outcome-dropped'])
    expect(await store.stats()).toMatchObject({ delivered: 0, queued: 1 })
  })

  it('tells of a settlement that came too late', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const gate = later<void>()
    const { scheduler, put, log } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { store: withOverrides(store, { extend: async (leases) => leases }), clock, limits: { leaseMs: 60_000 } },
    )
    await put('slow.example')
    scheduler.start()
    await settled()
    clock.jump(61_000)
    await store.lease({ destination: 'slow.example', holder: 'other', duration: 600_000, limit: 1 })
    gate.resolve()
    await settled()
    expect(log.map(({ event }) => event)).toEqual(['outcome-dropped'])
  })

  it('isolates one settlement that the store refuses', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const settle = async (settlements: readonly Settlement[]): ReturnType<QueueStore['settle']> => {
      if (settlements.some(({ lease }) => lease.destination === 'bad.example'))
        throw new QueueError('QUEUE_MISUSE', 'no', { operation: 'settle', because: 'no' })
      return store.settle(settlements)
    }
    const { scheduler, log } = await rig(deliveredAll, { store: withOverrides(store, { settle }), clock })
    for (const name of ['a.example', 'bad.example', 'c.example']) await store.draft().commit(envelope(name))
    scheduler.start()
    await settled()
    expect(await store.stats()).toMatchObject({ delivered: 2, queued: 1 })
    expect(log.map(({ event }) => event)).toEqual(['settlement-refused'])
  })

  it('parks a message whose deliveries never end: three processes die of it', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    const { put } = await rig(deliveredAll, { store, clock })
    await put('poison.example')
    let begun = 0
    for (let life = 0; life < 5; life++) {
      await store.open()
      const { scheduler } = await rig(
        () => {
          begun++
          return new Promise(() => undefined)
        },
        { store, clock },
      )
      scheduler.start()
      await clock.advance(10_000)
      await store.close()
    }
    expect(begun).toBe(3)
    await store.open()
    expect(await store.stats()).toMatchObject({ held: 1, queued: 0 })
    for await (const entry of store.scan({ state: 'held' }))
      expect(entry).toMatchObject({ recipients: [{ because: 'held: 3 attempts in a row began and never ended' }] })
  })
})

describe('drain', () => {
  it('waits for what is under way and begins nothing new', async () => {
    const gate = later<void>()
    const { scheduler, put, store, clock, delivered } = await rig(
      async (lease) => {
        await gate.promise
        return all(lease, { kind: 'delivered' })
      },
      { limits: { perDestinationStart: 1 } },
    )
    await put('a.example', 3)
    scheduler.start()
    await settled()
    let done = false
    const drained = scheduler.drain(30_000).then(() => {
      done = true
    })
    await clock.advance(10_000)
    expect(done).toBe(false)
    gate.resolve()
    await settled()
    await drained
    expect(delivered).toHaveLength(1)
    expect(scheduler.snapshot()).toMatchObject({ state: 'stopped', active: 0, settling: 0 })
    expect(await store.stats()).toMatchObject({ delivered: 1, queued: 2 })
    expect(clock.timers).toBe(0)
  })

  it('tells deliveries to stop at the deadline and gives back what does not come', async () => {
    const { scheduler, put, store, clock } = await rig((lease, signal) =>
      lease.destination === 'deaf.example'
        ? new Promise(() => undefined)
        : new Promise((resolve) => signal.addEventListener('abort', () => resolve(all(lease, { kind: 'returned' })))),
    )
    await put('deaf.example')
    await put('good.example')
    scheduler.start()
    await settled()
    const drained = scheduler.drain(30_000)
    await clock.advance(32_000)
    await drained
    const due = await store.due(10)
    expect(due.destinations).toHaveLength(2)
    for await (const entry of store.scan())
      expect(entry).toMatchObject({ recipients: [{ attempts: 0, state: 'queued' }] })
  })

  it('is hurried by a second call', async () => {
    const { scheduler, put, clock } = await rig(() => new Promise(() => undefined))
    await put('deaf.example')
    scheduler.start()
    await settled()
    const drained = scheduler.drain(1_000_000)
    await settled()
    void scheduler.stop()
    await clock.advance(2_000)
    await drained
    expect(scheduler.snapshot().state).toBe('stopped')
  })

  it('ends although the store is down', async () => {
    const { clock, store, broken } = failing()
    const { scheduler, put, log } = await rig(deliveredAll, { store, clock })
    await put('a.example')
    broken.add('settle')
    scheduler.start()
    await settled()
    await scheduler.drain(1_000)
    expect(log.at(-1)).toMatchObject({ event: 'settlements-lost', fields: { count: 1 } })
  })

  it('gives back leases that arrive after it began', async () => {
    const { scheduler, store } = await rig(deliveredAll)
    scheduler.start()
    const reservation = scheduler.reserve(['a.example'])
    const accepted = await store.draft().commit(envelope('a.example'), { lease: { holder: 'test', duration: 60_000 } })
    const drained = scheduler.drain(1_000)
    reservation?.begin(accepted.leases)
    expect(scheduler.reserve(['a.example'])).toBeUndefined()
    await drained
    await settled()
    expect((await store.due(10)).destinations).toHaveLength(1)
  })
})
