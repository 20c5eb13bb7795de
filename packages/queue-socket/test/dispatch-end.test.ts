import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeliveryWorker } from '../src/index.ts'
import { serveDeliveries } from '../src/index.ts'
import { kinds, protocolVersion } from '../src/wire/frames.ts'
import { connectedWorker, delivered, dispatcherAt, leaseTo, never, open, order, refTo } from './deliveries.ts'
import { guest } from './guest.ts'
import { place, recordingLog, until } from './place.ts'

describe('the end', () => {
  it('of a worker: it finishes what it has and takes no more', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const first = await connectedWorker(dispatcher, path, 10)
    const settling = dispatcher.deliver(leaseTo('a.example'), never, open)
    await until(() => first.begun.length === 1)
    const closed = first.worker.close(60_000)
    await until(() => dispatcher.snapshot().workers[0]?.capacity === 0)
    const second = await connectedWorker(dispatcher, path, 10)
    order(dispatcher, 'a.example')
    await until(() => second.begun.length === 1)
    first.ends[0]?.()
    await closed
    expect((await settling).recipients).toHaveLength(1)
    await until(() => dispatcher.snapshot().workers.length === 1)
    expect(first.worker.connected).toBe(false)
  })

  it('of a worker that is just handed more: it comes back as it was', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const { worker, begun } = await connectedWorker(dispatcher, path, 10)
    const closed = worker.close(60_000)
    const lease = leaseTo('a.example')
    expect(await dispatcher.deliver(lease, never, open)).toEqual({ lease: refTo(lease), recipients: [] })
    await closed
    expect(begun).toEqual([])
  })

  it('of the owner: deliveries are stopped, their leases abandoned, and the worker finds the next owner', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const { log, events } = recordingLog()
    let signal: AbortSignal | undefined
    let entered: Promise<boolean> | undefined
    const { worker } = await connectedWorker(dispatcher, path, 10, {
      log,
      async deliver(lease, itsSignal, passage) {
        signal = itsSignal
        await new Promise((resolve) => itsSignal.addEventListener('abort', resolve))
        entered = passage.enter('mx')
        return delivered(lease)
      },
    })
    const settling = dispatcher.deliver(leaseTo('a.example'), never, open)
    await until(() => signal !== undefined)
    await dispatcher.close()
    expect(await settling).toMatchObject({ recipients: [], abandoned: true })
    await expect(dispatcher.deliver(leaseTo('a.example'), never, open)).rejects.toMatchObject({ code: 'QUEUE_MISUSE' })
    await until(() => signal?.aborted === true && entered !== undefined)
    expect(await entered).toBe(false)
    const next = await dispatcherAt(path)
    await until(() => next.snapshot().workers.length === 1 && worker.connected)
    expect(events).toEqual(['queue-owner-found', 'queue-owner-lost', 'queue-owner-found'])
  })

  it('of the owner: what waits for a worker is given back as it came', async () => {
    const dispatcher = await dispatcherAt(join(place(), 'd.sock'))
    const lease = leaseTo('a.example')
    const settling = dispatcher.deliver(lease, never, open)
    await dispatcher.close()
    expect(await settling).toEqual({ lease: refTo(lease), recipients: [] })
  })
})

describe('a worker that breaks the protocol', () => {
  it.each<[string, object, number, unknown]>([
    ['no capacity', { capacity: 0 }, kinds.leave, null],
    ['a guest’s frame', { capacity: 1 }, kinds.begin, {}],
    ['an answer that is none', { capacity: 1 }, kinds.answer, [{ lease: 7 }]],
    ['an answer without a settlement', { capacity: 1 }, kinds.answer, []],
    ['a next hop that is none', { capacity: 1 }, kinds.enter, 7],
  ])('is cut off, and what it held is abandoned: %s', async (_, hello, kind, value) => {
    const path = join(place(), 'd.sock')
    const { log, events } = recordingLog()
    const dispatcher = await dispatcherAt(path, { log })
    const one = await guest(path)
    one.send(kinds.hello, 0, { errand: 'deliveries', protocol: protocolVersion, ...hello })
    const settling =
      'capacity' in hello && hello.capacity === 1 ? dispatcher.deliver(leaseTo('a'), never, open) : undefined
    if (settling !== undefined) await one.next(kinds.ask)
    one.send(kind, 0, value)
    expect(await one.farewell).not.toBe('')
    if (settling !== undefined) expect(await settling).toMatchObject({ recipients: [], abandoned: true })
    expect(events.some((event) => event.startsWith('queue-guest-cut-off'))).toBe(true)
  })

  it('answers what it was not asked: nothing happens', async () => {
    const path = join(place(), 'd.sock')
    const dispatcher = await dispatcherAt(path)
    const one = await guest(path)
    one.send(kinds.hello, 0, { errand: 'deliveries', protocol: protocolVersion, capacity: 1 })
    await one.next(kinds.welcome)
    one.send(kinds.answer, 7, [{ lease: refTo(leaseTo('a')), recipients: [] }])
    one.send(kinds.enter, 7, 'mx')
    await one.next(kinds.entered)
    expect(dispatcher.snapshot().workers).toHaveLength(1)
  })

  it('is not made with a capacity that is none', () => {
    const make = (): DeliveryWorker =>
      serveDeliveries({
        path: 'x',
        capacity: 0,
        deliver: async (lease) => delivered(lease),
        withoutAttempt: async (lease) => delivered(lease),
      })
    expect(make).toThrow(expect.objectContaining({ code: 'QUEUE_MISUSE' }))
  })
})
