import { leaseRefOf } from '../lifecycle/entry.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  content,
  entries,
  envelopeTo,
  holds,
  ledger,
  minute,
  opened,
  pattern,
  put,
  rejects,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

/** Due work, leases, fences and deadlines. */
export const leasingCases: readonly QueueStoreCase[] = [
  {
    name: 'due: destinations by how long their oldest work waits, cut at the limit',
    async run(setup) {
      const store = await opened(setup)
      const start = setup.clock.now()
      for (const name of ['c', 'a', 'b']) {
        await put(store, envelopeTo(`${name}.example`))
        await setup.clock.advance(1_000)
      }
      for (let n = 0; n < 50; n++) await put(store, envelopeTo('a.example'))
      const destinations = [
        { destination: 'c.example', since: start, priority: 0 },
        { destination: 'a.example', since: start + 1_000, priority: 0 },
        { destination: 'b.example', since: start + 2_000, priority: 0 },
      ]
      same(await store.due(10), { destinations, next: undefined }, 'all')
      const cut = await store.due(2)
      same(cut.destinations, destinations.slice(0, 2), 'the first two')
      holds(cut.next !== undefined && cut.next <= setup.clock.now(), 'a cut list asks to come back at once')
    },
  },
  {
    name: 'due: tells when to ask again, for a deferral and for the end of a lease',
    async run(setup) {
      const store = await opened(setup)
      same(await store.due(10), { destinations: [], next: undefined }, 'empty')
      const start = setup.clock.now()
      await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      same(await store.due(10), { destinations: [], next: start + minute }, 'leased')
      await settleAll(store, lease, { kind: 'deferred', delay: 5_000, because: 'busy' })
      same(await store.due(10), { destinations: [], next: start + 5_000 }, 'deferred')
      await setup.clock.advance(5_000)
      same(
        await store.due(10),
        { destinations: [{ destination: 'a.example', since: start + 5_000, priority: 0 }], next: undefined },
        'due',
      )
    },
  },
  {
    name: 'due: a destination is gone when its last work is leased or settled, and back with new work',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      await settleAll(store, await takeOne(store, 'a.example'), { kind: 'delivered' })
      same(await store.due(10), { destinations: [], next: undefined }, 'settled')
      await put(store, envelopeTo('a.example'))
      same((await store.due(10)).destinations.length, 1, 'new work')
    },
  },
  {
    name: 'lease: hands out all due recipients of one destination, counts the attempt, sets the deadline',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'b.example', 'a.example'))
      const lease = await takeOne(store, 'a.example')
      same(lease.id, id, 'id')
      same(lease.until, setup.clock.now() + minute, 'deadline')
      same(lease.acceptedAt, setup.clock.now(), 'acceptedAt')
      same(lease.reversePath, 'sender@example.org', 'reverse-path')
      same(lease.parameters, [['BODY', '8BITMIME']], 'parameters')
      same(
        lease.recipients,
        [0, 2].map((index) => ({ index, address: `r${index}@a.example`, parameters: [], attempts: 1, warned: false })),
        'recipients',
      )
      same((await take(store, 'a.example')).length, 0, 'a second lease')
      const [entry] = await entries(store)
      same(
        entry?.recipients.map(({ state, attempts }) => [state, attempts]),
        [
          ['leased', 1],
          ['queued', 0],
          ['leased', 1],
        ],
        'states',
      )
    },
  },
  {
    name: 'lease: earliest due first, no more than asked for',
    async run(setup) {
      const store = await opened(setup)
      const ids: string[] = []
      for (let n = 0; n < 5; n++) {
        ids.push((await put(store, envelopeTo('a.example'))).id)
        await setup.clock.advance(1)
      }
      same(
        (await take(store, 'a.example', 2)).map(({ id }) => id),
        ids.slice(0, 2),
        'the first two',
      )
      same((await take(store, 'a.example', 0)).length, 0, 'none asked for')
      same(
        (await take(store, 'a.example', 100)).map(({ id }) => id),
        ids.slice(2),
        'the rest',
      )
      same((await take(store, 'unknown.example')).length, 0, 'unknown destination')
    },
  },
  {
    name: 'lease: holders that ask at once get different work',
    async run(setup) {
      const store = await opened(setup)
      await Promise.all(Array.from({ length: 60 }, () => put(store, envelopeTo('a.example'))))
      const got = await Promise.all(Array.from({ length: 10 }, (_, n) => take(store, 'a.example', 9, `holder ${n}`)))
      const ids = got.flat().map(({ id }) => id)
      same(ids.length, 60, 'leases')
      same(new Set(ids).size, 60, 'different messages')
    },
  },
  {
    name: 'lease: work comes back after the deadline, under a greater fence and with the attempt counted',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      const first = await takeOne(store, 'a.example')
      await setup.clock.advance(minute - 1)
      same((await take(store, 'a.example')).length, 0, 'before the deadline')
      await setup.clock.advance(1)
      same((await store.due(10)).destinations.length, 1, 'due at the deadline')
      const second = await takeOne(store, 'a.example')
      holds(second.fence > first.fence, 'the fence grows')
      same(second.recipients[0]?.attempts, 2, 'attempts')
      same(await settleAll(store, first, { kind: 'delivered' }), { kind: 'stale' }, 'the first holder')
      same((await settleAll(store, second, { kind: 'delivered' })).kind, 'settled', 'the second holder')
      same((await ledger(store)).delivered, 1, 'delivered')
    },
  },
  {
    name: 'lease: the fence grows through settlements and restarts too',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      let before = 0
      for (let n = 0; n < 3; n++) {
        const lease = await takeOne(store, 'a.example')
        holds(lease.fence > before, 'the fence grows')
        before = lease.fence
        await settleAll(store, lease, { kind: 'returned' })
      }
    },
  },
  {
    name: 'lease: recipients not yet due stay behind',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example', 'a.example'))
      const lease = await takeOne(store, 'a.example')
      await store.settle([
        {
          lease: leaseRefOf(lease),
          recipients: [
            { index: 0, kind: 'deferred', delay: 1_000, because: 'grey' },
            { index: 1, kind: 'deferred', delay: 2_000, because: 'grey' },
          ],
        },
      ])
      await setup.clock.advance(1_500)
      same(
        (await takeOne(store, 'a.example')).recipients.map(({ index }) => index),
        [0],
        'due recipients',
      )
      await setup.clock.advance(1_000)
      same((await take(store, 'a.example')).length, 0, 'one holder per message and destination')
    },
  },
  {
    name: 'lease: a body that comes along is the holder’s own',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'b.example'))
      const lease = await takeOne(store, 'a.example')
      lease.body?.fill(0)
      same(await content(store, id), pattern(100), 'stored content')
      const other = await takeOne(store, 'b.example')
      if (other.body !== undefined) same(other.body, pattern(100), 'body of another lease')
    },
  },
  {
    name: 'lease: a limit or duration that makes no sense is misuse',
    async run(setup) {
      const store = await opened(setup)
      const request = { destination: 'a.example', holder: 'one', duration: minute, limit: 1 }
      await rejects('QUEUE_MISUSE', () => store.lease({ ...request, duration: 0 }), 'no duration')
      await rejects('QUEUE_MISUSE', () => store.lease({ ...request, duration: Number.NaN }), 'duration NaN')
      await rejects('QUEUE_MISUSE', () => store.lease({ ...request, limit: -1 }), 'limit -1')
      await rejects('QUEUE_MISUSE', () => store.lease({ ...request, level: Number.NaN }), 'level NaN')
    },
  },
  {
    name: 'extend: moves the deadline of leases still the caller’s, and names only those',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      await put(store, envelopeTo('b.example'))
      const [a, b] = [await takeOne(store, 'a.example'), await takeOne(store, 'b.example')]
      await settleAll(store, b, { kind: 'delivered' })
      await setup.clock.advance(minute - 1)
      const kept = await store.extend([leaseRefOf(a), leaseRefOf(b), { ...leaseRefOf(a), fence: a.fence + 1 }], minute)
      same(kept.map(leaseRefOf), [leaseRefOf(a)], 'still ours')
      await setup.clock.advance(minute - 1)
      same((await take(store, 'a.example')).length, 0, 'before the new deadline')
      await setup.clock.advance(1)
      await takeOne(store, 'a.example')
      same(await store.extend([leaseRefOf(a)], minute), [], 'after another holder has it')
    },
  },
]
