import type { QueueId, QueueStore, RecipientState } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  collect,
  content,
  counts,
  entries,
  envelopeTo,
  ledger,
  minute,
  onlyEntry,
  opened,
  pattern,
  put,
  rejects,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

async function states(store: QueueStore): Promise<readonly RecipientState[]> {
  return (await onlyEntry(store)).recipients.map(({ state }) => state)
}

/** Reading, listing and an operator's changes. */
export const operatorCases: readonly QueueStoreCase[] = [
  {
    name: 'read: an unknown id is QUEUE_NOT_FOUND; leaving early does no harm',
    async run(setup) {
      const store = await opened(setup)
      await rejects('QUEUE_NOT_FOUND', () => content(store, 'nosuchmessage' as QueueId), 'unknown')
      const { id } = await put(store, envelopeTo('a.example'), { content: pattern(500_000) })
      for await (const chunk of store.read(id)) {
        chunk.fill(0)
        break
      }
      same(await content(store, id), pattern(500_000), 'content')
    },
  },
  {
    name: 'scan: in order of ids, from any place on, whether or not it still exists',
    async run(setup) {
      const store = await opened(setup)
      const ids: QueueId[] = []
      for (let n = 0; n < 250; n++) ids.push((await put(store, envelopeTo(`d${n % 3}.example`))).id)
      same(
        (await entries(store)).map(({ id }) => id),
        ids,
        'all',
      )
      same(
        (await entries(store, {}, ids[199])).map(({ id }) => id),
        ids.slice(200),
        'after the 200th',
      )
      await change(store, ids.slice(0, 100), { kind: 'remove' })
      same(
        (await entries(store, {}, ids[50])).map(({ id }) => id),
        ids.slice(100),
        'after one that is gone',
      )
      same((await entries(store, { destination: 'd1.example' })).length, 50, 'of one destination')
    },
  },
  {
    name: 'scan: a filter’s fields must all match, on one and the same recipient',
    async run(setup) {
      const store = await opened(setup)
      const { id } = await put(store, envelopeTo('a.example', 'b.example'))
      await put(store, { ...envelopeTo('b.example'), reversePath: '' })
      await change(store, { destination: 'a.example' }, { kind: 'hold', because: 'look' })
      const found = async (filter: Parameters<typeof entries>[1]): Promise<number> =>
        (await entries(store, filter)).length
      same(await found({ state: 'held' }), 1, 'held')
      same(await found({ state: 'held', destination: 'b.example' }), 0, 'held for b')
      same(await found({ state: 'queued', destination: 'b.example' }), 2, 'queued for b')
      same(await found({ reversePath: 'SENDER@example.org' }), 1, 'reverse-path, another case')
      same(await found({ reversePath: '' }), 1, 'the null reverse-path')
      same(await found({ recipient: 'R1@b.EXAMPLE' }), 1, 'recipient, another case')
      same(await found({ recipient: 'r1@b.example', state: 'held' }), 0, 'recipient and state of different recipients')
      same((await entries(store, { recipient: 'r1@b.example' }))[0]?.id, id, 'id')
    },
  },
  {
    name: 'scan: goes on while others commit and settle',
    async run(setup) {
      const store = await opened(setup)
      for (let n = 0; n < 150; n++) await put(store, envelopeTo('a.example'))
      const leases = await take(store, 'a.example', 1_000)
      let seen = 0
      for await (const entry of store.scan()) {
        seen++
        if (entry.kind !== 'message' || seen % 10 !== 0) continue
        await put(store, envelopeTo('b.example'))
        const lease = leases[leases.length - seen / 10]
        if (lease !== undefined) await settleAll(store, lease, { kind: 'delivered' })
      }
      same(seen >= 135 && seen <= 170, true, `entries seen: ${seen}`)
      await ledger(store)
    },
  },
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
