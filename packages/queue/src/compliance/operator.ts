import { leaseRefOf } from '../lifecycle/entry.ts'
import type { QueueId, QueueStore, RecipientState } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  collect,
  counts,
  entries,
  envelopeTo,
  holds,
  ledger,
  minute,
  onlyEntry,
  opened,
  put,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

async function states(store: QueueStore): Promise<readonly RecipientState[]> {
  return (await onlyEntry(store)).recipients.map(({ state }) => state)
}

/** An operator's changes. */
export const operatorCases: readonly QueueStoreCase[] = [
  {
    name: 'change: hold keeps work from everyone, release makes it due at once',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'a.example'))
      same(await change(store, [id], { kind: 'hold', because: 'a closer look' }), [{ id, recipients: 2 }], 'progress')
      same(await store.due(10), { destinations: [], next: undefined }, 'due')
      same((await take(store, 'a.example')).length, 0, 'leases')
      same((await onlyEntry(store)).recipients[0]?.because, 'a closer look', 'reason')
      same((await ledger(store)).held, 2, 'held')
      same(await change(store, [id], { kind: 'hold', because: 'again' }), [], 'held already')
      same(await change(store, [id], { kind: 'expedite' }), [], 'expedite leaves held ones alone')
      await setup.clock.advance(minute)
      same(await change(store, { state: 'held' }, { kind: 'release' }), [{ id, recipients: 2 }], 'release')
      same((await takeOne(store, 'a.example')).recipients.length, 2, 'recipients')
    },
  },
  {
    name: 'change: expedite brings the next attempt forward',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example'))
      await settleAll(store, await takeOne(store, 'a.example'), { kind: 'deferred', delay: minute, because: 'busy' })
      same((await take(store, 'a.example')).length, 0, 'not due')
      same(await change(store, { destination: 'a.example' }, { kind: 'expedite' }), [{ id, recipients: 1 }], 'progress')
      await takeOne(store, 'a.example')
    },
  },
  {
    name: 'change: remove ends recipients, counted; the message goes with the last',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'b.example'))
      same(await change(store, { recipient: 'r0@a.example' }, { kind: 'remove' }), [{ id, recipients: 1 }], 'the first')
      same(await states(store), ['removed', 'queued'], 'states')
      await change(store, { destination: 'b.example' }, { kind: 'hold', because: 'x' })
      same(
        await change(store, [id, 'nosuchmessage' as QueueId], { kind: 'remove' }),
        [{ id, recipients: 1 }],
        'held ones too',
      )
      same(await change(store, [id], { kind: 'remove' }), [], 'gone')
      same(await ledger(store), counts({ accepted: 2, removed: 2 }), 'ledger')
    },
  },
  {
    name: 'change: a leased recipient is held or removed when its lease ends without an end of its own',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'a.example', 'b.example', 'b.example'))
      const [a, b] = [await takeOne(store, 'a.example'), await takeOne(store, 'b.example')]
      same(
        await change(store, { destination: 'a.example' }, { kind: 'hold', because: 'later' }),
        [{ id, recipients: 2 }],
        'hold',
      )
      same(await change(store, { destination: 'b.example' }, { kind: 'remove' }), [{ id, recipients: 2 }], 'remove')
      same(await states(store), ['leased', 'leased', 'leased', 'leased'], 'meanwhile')
      await store.settle([
        {
          lease: a,
          recipients: [
            { index: 0, kind: 'delivered' },
            { index: 1, kind: 'deferred', delay: 1, because: 'busy' },
          ],
        },
        { lease: b, recipients: [{ index: 2, kind: 'failed', status: '5.0.0', because: 'no' }] },
      ])
      same(await states(store), ['delivered', 'held', 'failed', 'removed'], 'afterwards')
      same((await onlyEntry(store)).recipients[1]?.because, 'later', 'the operator’s reason')
      await ledger(store)
    },
  },
  {
    name: 'change: a release takes back a hold that waits for the end of a lease',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      await change(store, [id], { kind: 'hold', because: 'x' })
      same(await change(store, [id], { kind: 'release' }), [{ id, recipients: 1 }], 'release')
      await settleAll(store, lease, { kind: 'returned' })
      same(await states(store), ['queued'], 'state')
    },
  },
  {
    name: 'change: expedite, release and reroute leave a running delivery alone; a lease that ran out is none',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example'))
      await takeOne(store, 'a.example')
      for (const kind of ['expedite', 'release'] as const) same(await change(store, [id], { kind }), [], kind)
      const reroute = { kind: 'reroute', destination: 'b.example' } as const
      same(await change(store, [id], reroute), [], 'reroute')
      await setup.clock.advance(minute)
      same(await change(store, [id], reroute), [{ id, recipients: 1 }], 'reroute after the deadline')
      same((await takeOne(store, 'b.example')).recipients[0]?.attempts, 2, 'attempts')
    },
  },
  {
    name: 'change: reroute moves queued and held recipients, joins those already there, and keeps positions',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'b.example', 'a.example'))
      await change(store, { recipient: 'r2@a.example' }, { kind: 'hold', because: 'x' })
      same(
        await change(store, { destination: 'a.example' }, { kind: 'reroute', destination: 'b.example' }),
        [{ id, recipients: 2 }],
        'progress',
      )
      same(
        (await store.due(10)).destinations.map(({ destination }) => destination),
        ['b.example'],
        'due',
      )
      const entry = await onlyEntry(store)
      same(
        entry.recipients.map(({ index, destination, state, address }) => [index, destination, state, address]),
        [
          [0, 'b.example', 'queued', 'r0@a.example'],
          [1, 'b.example', 'queued', 'r1@b.example'],
          [2, 'b.example', 'held', 'r2@a.example'],
        ],
        'entry',
      )
      const lease = await takeOne(store, 'b.example')
      same(
        lease.recipients.map(({ index }) => index),
        [0, 1],
        'lease',
      )
      await settleAll(store, lease, { kind: 'delivered' })
      await change(store, { state: 'held' }, { kind: 'reroute', destination: 'a.example' })
      await change(store, { state: 'held' }, { kind: 'release' })
      await settleAll(store, await takeOne(store, 'a.example'), { kind: 'delivered' })
      same(await ledger(store), counts({ accepted: 3, delivered: 3 }), 'ledger')
    },
  },
  {
    name: 'change: a fence does not repeat when work goes to another destination and comes back',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example'))
      const old = await takeOne(store, 'a.example')
      await settleAll(store, old, { kind: 'returned' })
      await change(store, [id], { kind: 'reroute', destination: 'b.example' })
      await change(store, [id], { kind: 'reroute', destination: 'a.example' })
      await takeOne(store, 'a.example')
      same(await settleAll(store, old, { kind: 'delivered' }), { kind: 'stale' }, 'the old lease')
    },
  },
  {
    name: 'bounce: queued, deferred and held work is due now, to be settled as failed without an attempt',
    async run(setup) {
      const store = await opened(setup)
      const notBefore = setup.clock.now() + minute
      const later = await put(store, envelopeTo('a.example'), { notBefore })
      const held = await put(store, envelopeTo('b.example'))
      await change(store, [held.id], { kind: 'hold', because: 'x' })
      const deferred = await put(store, envelopeTo('c.example'))
      await settleAll(store, await takeOne(store, 'c.example'), { kind: 'deferred', delay: minute, because: 'busy' })
      const wish = { kind: 'bounce', because: 'no such service' } as const
      let calls = 0
      store.onWork(() => calls++)
      for (const { id } of [later, held, deferred])
        same(await change(store, [id], wish), [{ id, recipients: 1 }], 'progress')
      await store.stats()
      holds(calls > 0, 'told as work')
      for (const entry of await entries(store)) {
        const { state, because, nextAttempt } = entry.recipients[0] ?? {}
        same([state, because, nextAttempt], ['queued', 'no such service', setup.clock.now()], 'entry')
      }
      for (const name of ['a.example', 'b.example', 'c.example']) {
        const lease = await takeOne(store, name)
        same(lease.recipients[0]?.bounce, 'no such service', 'reason in the lease')
        await settleAll(store, lease, { kind: 'returned' })
        const again = await takeOne(store, name)
        same(again.recipients[0]?.bounce, 'no such service', 'kept when given back')
        await settleAll(store, again, { kind: 'failed', status: '5.7.1', because: 'no such service' })
      }
      same(await ledger(store), counts({ accepted: 3, failed: 3 }), 'ledger')
    },
  },
  {
    name: 'bounce: of a leased recipient applies when its lease ends without an end of its own',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'a.example', 'b.example'))
      const [a, b] = [await takeOne(store, 'a.example'), await takeOne(store, 'b.example')]
      same(await change(store, [id], { kind: 'bounce', because: 'enough' }), [{ id, recipients: 3 }], 'progress')
      same(await states(store), ['leased', 'leased', 'leased'], 'meanwhile')
      await store.settle([
        {
          lease: leaseRefOf(a),
          recipients: [
            { index: 0, kind: 'relayed' },
            { index: 1, kind: 'deferred', delay: minute, because: 'busy' },
          ],
        },
      ])
      same(await states(store), ['relayed', 'queued', 'leased'], 'after one lease')
      same((await takeOne(store, 'a.example')).recipients[0]?.bounce, 'enough', 'due at once')
      await setup.clock.advance(minute)
      same((await takeOne(store, 'b.example')).recipients[0]?.bounce, 'enough', 'of a lease that ran out')
      same((await settleAll(store, b, { kind: 'delivered' })).kind, 'stale', 'the old lease')
    },
  },
  {
    name: 'bounce: a hold takes it away, also of a leased recipient; a future release is one again',
    async run(setup) {
      const store = await opened(setup)
      const notBefore = setup.clock.now() + 10 * minute
      const { id } = await put(store, envelopeTo('a.example'), { notBefore })
      const [bounce, hold] = [{ kind: 'bounce', because: 'enough' } as const, { kind: 'hold', because: 'no' } as const]
      await change(store, [id], bounce)
      await change(store, [id], hold)
      same(await states(store), ['held'], 'state')
      await change(store, [id], { kind: 'release' })
      same((await onlyEntry(store)).recipients[0]?.nextAttempt, notBefore, 'next attempt')
      await setup.clock.advance(10 * minute)
      const lease = await takeOne(store, 'a.example')
      same(lease.recipients[0]?.bounce, undefined, 'mark')
      for (const wish of [bounce, hold]) same(await change(store, [id], wish), [{ id, recipients: 1 }], wish.kind)
      await settleAll(store, lease, { kind: 'deferred', delay: 0, because: 'busy' })
      same(await states(store), ['held'], 'the last wish')
      for (const wish of [hold, { kind: 'release' } as const]) await change(store, [id], wish)
      same((await takeOne(store, 'a.example')).recipients[0]?.bounce, undefined, 'mark afterwards')
      await change(store, [id], { kind: 'remove' })
      for (const wish of [bounce, hold]) same(await change(store, [id], wish), [], `${wish.kind} after remove`)
    },
  },
  {
    name: 'change: works through thousands in steps, and stops when the caller does',
    async run(setup) {
      const store = await opened(setup)
      await Promise.all(Array.from({ length: 1_200 }, () => put(store, envelopeTo('a.example'))))
      for await (const _ of store.change({ destination: 'a.example' }, { kind: 'hold', because: 'x' })) break
      const { held } = await ledger(store)
      same(held > 0 && held <= 1_000, true, `a bounded step: ${held} held`)
      same((await collect(store.change({}, { kind: 'hold', because: 'x' }))).length, 1_200 - held, 'the rest')
      same((await ledger(store)).held, 1_200, 'held')
    },
  },
]
