import type { CommitOptions, Filter, QueueId } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  collect,
  content,
  entries,
  envelopeTo,
  ledger,
  minute,
  opened,
  pattern,
  put,
  rejects,
  same,
  settleAll,
  take,
} from './setup.ts'

/** Reading, listing and choosing. */
export const inspectionCases: readonly QueueStoreCase[] = [
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
    name: 'scan: filters by ids, sender, source, state and time of acceptance, all at once',
    async run(setup) {
      const store = await opened(setup)
      const start = setup.clock.now()
      const wishes: readonly CommitOptions[] = [
        { sender: 'ada', source: '192.0.2.1' },
        { sender: 'ada', source: '192.0.2.2' },
        { sender: 'Ada' },
        {},
      ]
      const ids: QueueId[] = []
      for (const wish of wishes) {
        ids.push((await put(store, envelopeTo('a.example'), wish)).id)
        await setup.clock.advance(1_000)
      }
      const [lease] = await take(store, 'a.example', 1)
      if (lease !== undefined) await settleAll(store, lease, { kind: 'deferred', delay: minute, because: 'busy' })
      const found = async (filter: Filter): Promise<readonly number[]> =>
        (await entries(store, filter)).map(({ id }) => ids.indexOf(id))
      same(await found({ sender: 'ada' }), [0, 1], 'sender')
      same(await found({ sender: 'example.org' }), [3], 'sender by default')
      same(await found({ sender: 'ada', source: '192.0.2.2' }), [1], 'sender and source')
      same(await found({ state: 'deferred' }), lease === undefined ? [] : [ids.indexOf(lease.id)], 'deferred')
      same((await found({ state: 'queued' })).length, 3, 'queued')
      same(await found({ acceptedBefore: start + 1_000 }), [0], 'accepted before')
      same(await found({ acceptedAfter: start + 1_000 }), [2, 3], 'accepted after')
      same(await found({ acceptedAfter: start, acceptedBefore: start + 2_000 }), [1], 'between')
      const some = [ids[3], 'nosuchmessage', ids[1], ids[3]].filter((id) => id !== undefined)
      same(await found({ ids: some }), [1, 3], 'ids')
      same(await found({ ids: some, sender: 'ada' }), [1], 'ids and sender')
      same((await entries(store, { ids: some }, ids[1])).length, 1, 'ids after a cursor')
      same(await found({ ids: [] }), [], 'no ids')
      const { sender, source } = (await entries(store, { ids: some.slice(2, 3) }))[0] ?? {}
      same([sender, source], ['ada', '192.0.2.2'], 'told by the entry')
    },
  },
  {
    name: 'scan, change: more than 1,000 ids are misuse',
    async run(setup) {
      const store = await opened(setup)
      const ids = Array.from({ length: 1_001 }, (_, n) => `id${n}`)
      same(await entries(store, { ids: ids.slice(1) }), [], '1,000')
      await rejects('QUEUE_MISUSE', () => entries(store, { ids }), 'scan')
      await rejects('QUEUE_MISUSE', () => collect(store.change({ ids }, { kind: 'remove' })), 'change')
    },
  },
  {
    name: 'change: applies to what passes the filter in every respect, and to ids alone or with it',
    async run(setup) {
      const store = await opened(setup)
      const ids: QueueId[] = []
      for (const sender of ['ada', 'ada', 'bob']) {
        ids.push((await put(store, envelopeTo('a.example', 'b.example'), { sender })).id)
        await setup.clock.advance(1)
      }
      const changed = async (filter: Filter): Promise<readonly unknown[]> =>
        (await collect(store.change(filter, { kind: 'hold', because: 'x' }))).map(({ id, recipients }) => [
          ids.indexOf(id),
          recipients,
        ])
      same(
        await changed({ sender: 'ada', destination: 'b.example', acceptedAfter: setup.clock.now() - 3 }),
        [[1, 1]],
        'one',
      )
      same(
        await changed({ ids: ids.slice(1), state: 'queued' }),
        [
          [1, 1],
          [2, 2],
        ],
        'the rest of two',
      )
      same((await ledger(store)).held, 4, 'held')
    },
  },
]
