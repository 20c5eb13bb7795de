import { join } from 'node:path'
import type { Lease } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { connectedWorker, delivered, dispatcherAt, leaseTo, never, open, order, refTo } from './deliveries.ts'
import { envelopeTo, place, until } from './place.ts'

describe('a lease', () => {
  it('crosses whole, and its settlement comes back about itself, with its report', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const seen: Lease[] = []
    const report = { envelope: envelopeTo('origin.example'), content: new Uint8Array(100_000).fill(9) }
    await connectedWorker(dispatcher, path, 10, {
      async deliver(lease) {
        seen.push(lease)
        const recipients = [{ index: 0, kind: 'failed' as const, status: '5.1.1', because: 'no' }]
        return { lease: { ...refTo(lease), fence: 99 }, recipients, spawn: [report] }
      },
    })
    const large = leaseTo('a.example', { size: 100_000 })
    const { body: _, ...bodiless } = large
    for (const lease of [leaseTo('a.example'), bodiless]) {
      const settlement = await dispatcher.deliver(lease, never, open)
      expect(settlement).toEqual({
        lease: refTo(lease),
        recipients: [{ index: 0, kind: 'failed', status: '5.1.1', because: 'no' }],
        spawn: [report],
      })
      expect(seen.pop()).toEqual(lease)
    }
  })

  it('asks its scheduler before it enters a next hop, as often as it likes', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const answers: boolean[] = []
    await connectedWorker(dispatcher, path, 10, {
      async deliver(lease, _, passage) {
        answers.push(...(await Promise.all(['full', 'free', 'full'].map((hop) => passage.enter(hop)))))
        return delivered(lease)
      },
    })
    await dispatcher.deliver(leaseTo('a.example'), never, { enter: (hop) => hop === 'free' })
    expect(answers).toEqual([false, true, false])
  })

  it('that is lost is stopped', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const { begun } = await connectedWorker(dispatcher, path, 10)
    const abort = new AbortController()
    const lease = leaseTo('a.example')
    const settling = dispatcher.deliver(lease, abort.signal, open)
    await until(() => begun.length === 1)
    abort.abort()
    expect(await settling).toEqual({ lease: refTo(lease), recipients: [] })
  })

  it('whose delivery fails is a failure here', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    await connectedWorker(dispatcher, path, 10, { deliver: () => Promise.reject(new Error('oh')) })
    await expect(dispatcher.deliver(leaseTo('b.example'), never, open)).rejects.toThrow('oh')
  })

  it('is decided without an attempt by a worker too', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    await connectedWorker(dispatcher, path, 10)
    const { recipients } = await dispatcher.withoutAttempt(leaseTo('a.example'), 'rate')
    expect(recipients).toEqual([{ index: 0, kind: 'deferred', delay: 7, because: 'rate' }])
  })
})

describe('the choice of a worker', () => {
  it('goes by the last one for the destination, then by the least to do, and never beyond the capacity', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const small = await connectedWorker(dispatcher, path, 2)
    const large = await connectedWorker(dispatcher, path, 4)
    const names = (one: typeof small): string[] => one.begun.map(({ destination }) => destination[0] ?? '')
    for (const name of ['a', 'b', 'b', 'b']) order(dispatcher, `${name}.example`)
    await until(() => small.begun.length + large.begun.length === 4)
    // The first to the first of equals, the second to the idle one; then each to whom it was before.
    expect([names(small), names(large)]).toEqual([['a'], ['b', 'b', 'b']])
    for (const name of ['b', 'b', 'c', 'a']) order(dispatcher, `${name}.example`)
    await until(() => small.begun.length + large.begun.length === 6)
    expect([names(small), names(large)]).toEqual([
      ['a', 'b'],
      ['b', 'b', 'b', 'b'],
    ])
    expect(dispatcher.snapshot()).toEqual({
      workers: [
        { active: 2, capacity: 2 },
        { active: 4, capacity: 4 },
      ],
      waiting: 2,
    })
    large.ends[0]?.()
    await until(() => large.begun.length === 5)
    small.ends[0]?.()
    await until(() => small.begun.length === 3)
    expect([names(small).at(-1), names(large).at(-1)]).toEqual(['a', 'c'])
    expect(dispatcher.snapshot().waiting).toBe(0)
  })

  it('waits for the first one to come; what is lost meanwhile is given back', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const abort = new AbortController()
    const lease = leaseTo('a.example')
    const lost = dispatcher.deliver(lease, abort.signal, open)
    const kept = dispatcher.deliver(leaseTo('a.example'), never, open)
    expect(dispatcher.snapshot().waiting).toBe(2)
    abort.abort()
    expect(await lost).toEqual({ lease: refTo(lease), recipients: [] })
    const { ends, begun } = await connectedWorker(dispatcher, path, 1)
    await until(() => begun.length === 1)
    ends[0]?.()
    expect((await kept).recipients).toHaveLength(1)
  })

  it('falls back on deliveries of its own while there is none', async () => {
    const path = join(place(), 'd.sock')
    const here: string[] = []
    const local = {
      async deliver(lease: Lease) {
        here.push(lease.destination)
        return delivered(lease)
      },
      withoutAttempt: async (lease: Lease) => delivered(lease),
    }
    const dispatcher = await dispatcherAt(path, { local })
    await dispatcher.deliver(leaseTo('a.example'), never, open)
    await dispatcher.withoutAttempt(leaseTo('b.example'), 'passed-over')
    const { begun, worker } = await connectedWorker(dispatcher, path, 1)
    const cut = dispatcher.deliver(leaseTo('c.example'), never, open)
    const waiting = dispatcher.deliver(leaseTo('d.example'), never, open)
    await until(() => begun.length === 1)
    await worker.close(0)
    expect((await cut).recipients).toEqual([])
    await waiting
    expect(here).toEqual(['a.example', 'd.example'])
  })
})
