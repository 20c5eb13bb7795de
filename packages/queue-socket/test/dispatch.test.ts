import { join } from 'node:path'
import type { Lease, Passage, QueueId, Settlement } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import type { DeliveryWorker, Dispatcher, DispatcherOptions, WorkerOptions } from '../src/index.ts'
import { createDispatcher, serveDeliveries } from '../src/index.ts'
import { kinds, protocolVersion } from '../src/wire/frames.ts'
import { guest } from './guest.ts'
import { afterwards, envelopeTo, place, recordingLog, until } from './place.ts'

let made = 0

function leaseTo(destination: string, more: Partial<Lease> = {}): Lease {
  return {
    id: `1000000000000000000${String(++made).padStart(3, '0')}` as QueueId,
    destination,
    fence: 1,
    until: 0,
    reversePath: 'a@b.example',
    parameters: [['X', undefined]],
    recipients: [{ index: 0, address: `c@${destination}`, parameters: [], attempts: 1, warned: false }],
    size: 3,
    acceptedAt: 0,
    priority: 0,
    sender: '',
    body: new Uint8Array([1, 2, 3]),
    ...more,
  }
}

function refTo({ id, destination, fence }: Lease) {
  return { id, destination, fence }
}

function delivered(lease: Lease): Settlement {
  return { lease: refTo(lease), recipients: [{ index: 0, kind: 'delivered' }] }
}

/** Delivers to whom it may concern. */
function order(dispatcher: Dispatcher, destination: string): void {
  dispatcher.deliver(leaseTo(destination), never, open).catch(() => undefined)
}

const open: Passage = { enter: () => true }
const never = new AbortController().signal

async function dispatcherAt(path: string, options: Partial<DispatcherOptions> = {}): Promise<Dispatcher> {
  const dispatcher = await createDispatcher({ path, ...options })
  afterwards(() => dispatcher.close())
  return dispatcher
}

/** A worker that delivers when it is told to. */
function slowWorker(path: string, capacity: number, options: Partial<WorkerOptions> = {}) {
  const begun: Lease[] = []
  const ends: (() => void)[] = []
  const worker = serveDeliveries({
    path,
    capacity,
    async deliver(lease, signal) {
      begun.push(lease)
      await new Promise<void>((resolve) => {
        ends.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
      return signal.aborted ? { lease: refTo(lease), recipients: [] } : delivered(lease)
    },
    withoutAttempt: async (lease) => ({ lease: refTo(lease), recipients: [{ index: 0, kind: 'returned', delay: 7 }] }),
    ...options,
  })
  afterwards(() => worker.close(0))
  return { worker, begun, ends }
}

async function connectedWorker(
  dispatcher: Dispatcher,
  path: string,
  capacity: number,
  options: Partial<WorkerOptions> = {},
) {
  const before = dispatcher.snapshot().workers.length
  const slow = slowWorker(path, capacity, options)
  await until(() => dispatcher.snapshot().workers.length > before)
  return slow
}

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
    const { recipients } = await dispatcher.withoutAttempt(leaseTo('a.example'))
    expect(recipients).toEqual([{ index: 0, kind: 'returned', delay: 7 }])
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
    await dispatcher.withoutAttempt(leaseTo('b.example'))
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

  it('of the owner: deliveries are stopped, their leases reject, and the worker finds the next owner', async () => {
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
    const rejected = expect(settling).rejects.toThrow('went away')
    await dispatcher.close()
    await rejected
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
  ])('is cut off, and what it held rejects: %s', async (_, hello, kind, value) => {
    const path = join(place(), 'd.sock')
    const { log, events } = recordingLog()
    const dispatcher = await dispatcherAt(path, { log })
    const one = await guest(path)
    one.send(kinds.hello, 0, { errand: 'deliveries', protocol: protocolVersion, ...hello })
    const settling =
      'capacity' in hello && hello.capacity === 1 ? dispatcher.deliver(leaseTo('a'), never, open) : undefined
    const rejected = settling && expect(settling).rejects.toThrow('went away')
    if (settling !== undefined) await one.next(kinds.ask)
    one.send(kind, 0, value)
    expect(await one.farewell).not.toBe('')
    await rejected
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
    expect(make).toThrow(RangeError)
  })
})
