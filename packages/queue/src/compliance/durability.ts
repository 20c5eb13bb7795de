import { leaseRefOf } from '../lifecycle/entry.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  collect,
  content,
  entries,
  envelopeTo,
  fail,
  holds,
  ledger,
  minute,
  opened,
  pattern,
  put,
  rejects,
  restarted,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

/** What a restart keeps, and what it takes back. */
export const durabilityCases: readonly QueueStoreCase[] = [
  {
    name: 'restart: contents, envelopes, states, keys and the ledger are still there',
    async run(setup) {
      let store = await opened(setup)
      const small = await put(store, envelopeTo('a.example', 'b.example'), { key: 'k' })
      const large = await put(store, envelopeTo('c.example'), { content: pattern(200_000) })
      await settleAll(store, await takeOne(store, 'a.example'), {
        kind: 'deferred',
        delay: minute,
        because: 'busy',
        reply: { code: 450, text: ['x'] },
      })
      await settleAll(store, await takeOne(store, 'b.example'), { kind: 'delivered' })
      await change(store, [large.id], { kind: 'hold', because: 'look' })
      const [before, stats, due] = [await entries(store), await ledger(store), await store.due(10)]
      store = await restarted(setup, store)
      same(await entries(store), before, 'entries')
      same(await ledger(store), stats, 'ledger')
      same(await store.due(10), due, 'due')
      same(await content(store, small.id), pattern(100), 'small content')
      same(await content(store, large.id), pattern(200_000), 'large content')
      same((await put(store, envelopeTo('a.example'), { key: 'k' })).id, small.id, 'idempotency key')
      const later = await put(store, envelopeTo('a.example'))
      holds(later.id > large.id, 'ids go on growing')
    },
  },
  {
    name: 'restart: drafts without a commit are gone',
    async run(setup) {
      const store = await opened(setup)
      for (const size of [10, 200_000]) await store.draft().write(pattern(size))
      const next = await restarted(setup, store)
      same((await ledger(next)).accepted, 0, 'accepted')
      same(await entries(next), [], 'entries')
    },
  },
  {
    name: 'restart: an embedded store takes leases back, with the attempt counted and under a new fence',
    async run(setup) {
      let store = await opened(setup)
      if (store.capabilities.manyWriters) return
      await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      store = await restarted(setup, store)
      same(await store.extend([leaseRefOf(lease)], minute), [], 'the old lease')
      same(await settleAll(store, lease, { kind: 'delivered' }), { kind: 'stale' }, 'its settlement')
      const again = await takeOne(store, 'a.example')
      same(again.recipients[0]?.attempts, 2, 'attempts')
      holds(again.fence > lease.fence, 'fence')
    },
  },
  {
    name: 'restart: a message whose deliveries never end is held, and those beside it are not',
    async run(setup) {
      let store = await opened(setup)
      if (store.capabilities.manyWriters) return
      const poison = await put(store, envelopeTo('poison.example'))
      for (let n = 0; n < 5; n++) await put(store, envelopeTo('fine.example'))
      for (let fall = 0; fall < 3; fall++) {
        same((await take(store, 'poison.example')).length, 1, `attempt ${fall + 1}`)
        if (fall < 2) await take(store, 'fine.example')
        else
          for (const lease of await take(store, 'fine.example', 2)) await settleAll(store, lease, { kind: 'delivered' })
        store = await restarted(setup, store)
        if (fall < 2) await setup.clock.advance(minute)
      }
      await setup.clock.advance(minute)
      same((await take(store, 'poison.example')).length, 0, 'after three falls')
      const held = await entries(store, { state: 'held' })
      same(
        held.map(({ id }) => id),
        [poison.id],
        'held',
      )
      holds((held[0]?.recipients[0]?.because ?? '') !== '', 'a reason is given')
      same((await take(store, 'fine.example')).length, 3, 'the others')
      await ledger(store)
    },
  },
  {
    name: 'restart: with the clock set back a year nothing is stranded, and no wait grows longer or shorter',
    async run(setup) {
      let store = await opened(setup)
      if (store.capabilities.manyWriters) return
      const start = setup.clock.now()
      const notBefore = start + minute
      await put(store, envelopeTo('fresh.example'))
      await put(store, envelopeTo('later.example'), { notBefore })
      await put(store, envelopeTo('deferred.example', 'held.example'))
      await settleAll(store, await takeOne(store, 'deferred.example'), {
        kind: 'deferred',
        delay: minute,
        because: 'x',
      })
      await put(store, envelopeTo('back.example'))
      await settleAll(store, await takeOne(store, 'back.example'), { kind: 'returned', delay: minute })
      await put(store, envelopeTo('leased.example'))
      await takeOne(store, 'leased.example')
      await change(store, { destination: 'held.example' }, { kind: 'hold', because: 'x' })
      setup.clock.jump(-365 * 24 * 60 * minute)
      store = await restarted(setup, store)
      for (const name of ['fresh.example', 'back.example', 'leased.example']) await takeOne(store, name)
      await setup.clock.advance(minute - 1)
      same((await take(store, 'deferred.example')).length, 0, 'a moment before the retry')
      await setup.clock.advance(1)
      await takeOne(store, 'deferred.example')
      await change(store, { state: 'held' }, { kind: 'release' })
      await takeOne(store, 'held.example')
      same((await take(store, 'later.example')).length, 0, 'the time of a future release is the sender’s')
      same(
        (await entries(store, { destination: 'later.example' }))[0]?.recipients[0]?.nextAttempt,
        notBefore,
        'its time',
      )
      const later = await put(store, envelopeTo('fresh.example'))
      holds((await entries(store)).at(-1)?.id === later.id, 'ids go on growing')
      await ledger(store)
    },
  },
]

/** Damage behind the store's back; only for runners that can do it. */
export const damageCases: readonly QueueStoreCase[] = [4_000, 200_000].map((size) => ({
  name: `damage: ${size} octets that changed in the store are told, set aside, and never delivered`,
  async run(setup) {
    const store = await opened(setup)
    const damage = setup.damage ?? fail('the runner has no damage hook')
    const { id } = await put(store, envelopeTo('a.example', 'a.example'), { content: pattern(size) })
    const other = await put(store, envelopeTo('a.example'))
    await damage(store, id)
    const leases = await take(store, 'a.example')
    for (const lease of leases) if (lease.id === id && lease.body !== undefined) fail('a damaged body was handed out')
    await rejects('QUEUE_CORRUPT', () => content(store, id), 'read')
    holds(
      leases.some((lease) => lease.id === other.id),
      'the other message flows',
    )
    for (const lease of leases) if (lease.id === id) await settleAll(store, lease, { kind: 'returned' })
    same((await take(store, 'a.example')).length, 0, 'leases of the damaged message')
    const found = await collect(store.scan())
    same(found.find((entry) => entry.kind === 'corrupt')?.id, id, 'told by scan')
    same(found.length, 2, 'entries')
    const stats = await ledger(store)
    same([stats.corrupt, stats.queued + stats.held], [1, 3], 'ledger')
    same(await change(store, [id], { kind: 'hold', because: 'x' }), [], 'a change but for removal')
    same(await change(store, { recipient: 'r1@a.example' }, { kind: 'remove' }), [], 'a removal but for ids')
    await change(store, [id], { kind: 'remove' })
    const after = await ledger(store)
    same([after.corrupt, after.removed, after.messages], [0, 2, 1], 'ledger after its removal')
  },
}))

/** Two stores over the same data; only where `manyWriters` is declared. */
export const manyWriterCases: readonly QueueStoreCase[] = [
  {
    name: 'many writers: work committed in one is leased once, by either',
    async run(setup) {
      const first = await opened(setup)
      const second = await (setup.second ?? fail('the runner has no second hook'))(first)
      await second.open()
      await Promise.all(Array.from({ length: 40 }, () => put(first, envelopeTo('a.example'))))
      const got = await Promise.all([take(first, 'a.example', 30, 'one'), take(second, 'a.example', 30, 'two')])
      const ids = got.flat().map(({ id }) => id)
      same(new Set(ids).size, ids.length, 'each to one holder')
      const [lease] = got[1]
      if (lease !== undefined)
        same((await settleAll(first, lease, { kind: 'delivered' })).kind, 'settled', 'fences hold everywhere')
      await second.close()
    },
  },
]
