import { leaseRefOf } from '../lifecycle/entry.ts'
import type { QueueId } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  content,
  counts,
  envelopeTo,
  holds,
  ledger,
  minute,
  onlyEntry,
  opened,
  outcome,
  pattern,
  put,
  rejects,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

const report = { envelope: envelopeTo('origin.example'), content: pattern(2_000) }

/** Fences, reports, and calls that many make at once. */
export const settlingCases: readonly QueueStoreCase[] = [
  {
    name: 'settle: a stale fence is refused, applies nothing and spawns nothing',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      const late = { ...outcome(lease, { kind: 'failed', status: '5.0.0', because: 'no' }), spawn: [report] }
      await setup.clock.advance(minute)
      const other = await takeOne(store, 'a.example')
      same(await store.settle([late]), [{ kind: 'stale' }], 'result')
      const [result] = await store.settle([{ ...late, lease: { ...leaseRefOf(other), fence: other.fence + 1 } }])
      same(result, { kind: 'stale' }, 'a fence not given out yet')
      same((await onlyEntry(store)).recipients[0]?.state, 'leased', 'state')
      const gone = { ...late, lease: { ...leaseRefOf(lease), id: 'nosuchmessage' as QueueId } }
      const elsewhere = { ...late, lease: { ...leaseRefOf(other), destination: 'b.example' } }
      same(
        await store.settle([gone, elsewhere]),
        [{ kind: 'stale' }, { kind: 'stale' }],
        'unknown message, unknown destination',
      )
      same(await ledger(store), counts({ messages: 1, accepted: 1, queued: 1 }), 'ledger')
    },
  },
  {
    name: 'settle: a lease is settled once, also within one call',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      const one = outcome(await takeOne(store, 'a.example'), { kind: 'deferred', delay: 1, because: 'busy' })
      same(
        (await store.settle([one, one])).map(({ kind }) => kind),
        ['settled', 'stale'],
        'same call',
      )
      same(await store.settle([one]), [{ kind: 'stale' }], 'later call')
    },
  },
  {
    name: 'settle: counts after the deadline too, as long as nobody else has the work',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      await setup.clock.advance(10 * minute)
      await store.due(10)
      same((await settleAll(store, lease, { kind: 'delivered' })).kind, 'settled', 'result')
      same((await ledger(store)).delivered, 1, 'delivered')
    },
  },
  {
    name: 'settle: reports are born with the outcome, and are work like any other',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      const lease = await takeOne(store, 'a.example')
      const failed = outcome(lease, { kind: 'failed', status: '5.0.0', because: 'no' })
      const large = { envelope: envelopeTo('big.example'), content: pattern(100_000) }
      const [result] = await store.settle([{ ...failed, spawn: [report, large] }])
      const spawned = result?.kind === 'settled' ? result.spawned : []
      same(spawned.length, 2, 'reports')
      const bounce = await takeOne(store, 'origin.example')
      same(bounce.id, spawned[0], 'id')
      same(bounce.recipients[0]?.attempts, 1, 'attempts')
      same(await content(store, bounce.id), report.content, 'content')
      same(await content(store, spawned[1] ?? lease.id), large.content, 'large content')
      same(await ledger(store), counts({ messages: 2, accepted: 3, failed: 1, queued: 2 }), 'ledger')
    },
  },
  {
    name: 'settle: misuse applies nothing of the whole call',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example', 'b.example'))
      const [a, b] = [await takeOne(store, 'a.example'), await takeOne(store, 'b.example')]
      const good = { ...outcome(a, { kind: 'delivered' }), spawn: [report] }
      const wrong = [
        { lease: leaseRefOf(b), recipients: [{ index: 0, kind: 'delivered' as const }] },
        { lease: leaseRefOf(b), recipients: [{ index: 7, kind: 'delivered' as const }] },
        { lease: leaseRefOf(b), recipients: [{ index: -1, kind: 'delivered' as const }] },
        { lease: leaseRefOf(b), recipients: [1, 1].map((index) => ({ index, kind: 'delivered' as const })) },
        { lease: leaseRefOf(b), recipients: [{ index: 1, kind: 'deferred' as const, delay: Number.NaN, because: '' }] },
        { lease: leaseRefOf(b), recipients: [{ index: 1, kind: 'deferred' as const, delay: -1, because: '' }] },
        { ...outcome(b, { kind: 'delivered' }), spawn: [{ envelope: envelopeTo(), content: pattern(1) }] },
      ]
      for (const [at, bad] of wrong.entries())
        await rejects('QUEUE_MISUSE', () => store.settle([good, bad]), `mistake ${at}`)
      same((await ledger(store)).queued, 2, 'nothing applied')
      same(
        (await store.settle([good, outcome(b, { kind: 'delivered' })])).map(({ kind }) => kind),
        ['settled', 'settled'],
        'results',
      )
    },
  },
  {
    name: 'settle: results stand in the order given, from many callers at once',
    async run(setup) {
      const store = await opened(setup)
      await Promise.all(Array.from({ length: 40 }, (_, n) => put(store, envelopeTo(`d${n % 4}.example`))))
      const leases = (await Promise.all([0, 1, 2, 3].map((n) => take(store, `d${n}.example`)))).flat()
      const results = await Promise.all(
        leases.map((lease, n) => {
          const settlement = outcome(lease, { kind: 'delivered' })
          const stale = { ...settlement, lease: { ...settlement.lease, fence: 99 } }
          return store.settle(n % 2 === 0 ? [settlement, stale] : [stale, settlement])
        }),
      )
      for (const [n, result] of results.entries())
        same(
          result.map(({ kind }) => kind),
          n % 2 === 0 ? ['settled', 'stale'] : ['stale', 'settled'],
          `call ${n}`,
        )
      same((await ledger(store)).delivered, 40, 'delivered')
    },
  },
  {
    name: 'onWork: calls for commits, releases, work given back and reports, until stopped',
    async run(setup) {
      const store = await opened(setup)
      let calls = 0
      let last: boolean | undefined
      const stop = store.onWork((urgent) => {
        calls++
        last = urgent
      })
      const told = async (what: string, run: () => Promise<unknown>): Promise<void> => {
        const before = calls
        await run()
        await store.stats()
        holds(calls > before, `no call for ${what}`)
      }
      await told('a commit', () => put(store, envelopeTo('a.example')))
      const lease = await takeOne(store, 'a.example')
      await told('work given back', () => settleAll(store, lease, { kind: 'returned' }))
      const again = await takeOne(store, 'a.example')
      await told('a report', () =>
        store.settle([{ ...outcome(again, { kind: 'failed', status: '5.0.0', because: 'no' }), spawn: [report] }]),
      )
      for await (const _ of store.change({}, { kind: 'hold', because: 'test' }));
      await told('a release', async () => {
        for await (const _ of store.change({}, { kind: 'release' }));
      })
      same(last, false, 'urgent, after a release')
      await told('an expedition', async () => {
        for await (const _ of store.change({}, { kind: 'expedite' }));
      })
      same(last, true, 'urgent, after an expedition')
      stop()
      const before = calls
      await put(store, envelopeTo('a.example'))
      await store.stats()
      same(calls, before, 'calls after stop')
    },
  },
]
