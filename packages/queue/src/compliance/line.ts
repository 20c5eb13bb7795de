import { leaseRefOf } from '../lifecycle/entry.ts'
import type { Instant, QueueId, QueueStore } from '../store/contract.ts'
import { createSeededRandom } from '../testing/random.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  entries,
  envelopeTo,
  ledger,
  minute,
  onlyEntry,
  opened,
  outcome,
  pattern,
  put,
  rejects,
  restarted,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

const hour = 60 * minute

async function ids(store: QueueStore, destination: string, limit: number): Promise<readonly QueueId[]> {
  return (await take(store, destination, limit)).map(({ id }) => id)
}

/** Place in line: priorities, and waiting that makes up for them. */
export const lineCases: readonly QueueStoreCase[] = [
  {
    name: 'priority: a whole number from -9 to 9, all else is misuse, of a report as well',
    async run(setup) {
      const store = await opened(setup)
      for (const priority of [-9, 0, 9]) await put(store, envelopeTo('a.example'), { priority })
      const lease = await takeOne(store, 'a.example', 1)
      for (const priority of [10, -10, 0.5, Number.NaN]) {
        const options = { priority }
        await rejects('QUEUE_MISUSE', () => put(store, envelopeTo('a.example'), options), `priority ${priority}`)
        const spawn = [{ envelope: envelopeTo('b.example'), content: pattern(1), options }]
        const settlement = { ...outcome(lease, { kind: 'delivered' }), spawn }
        await rejects('QUEUE_MISUSE', () => store.settle([settlement]), `report of priority ${priority}`)
      }
      same((await ledger(store)).queued, 3, 'queued')
    },
  },
  {
    name: 'priority: stays with the message, through deferral, hold, reroute and restart; 0 unless said',
    async run(setup) {
      let store = await opened(setup)
      const lease = { holder: 'one', duration: minute }
      const { id, leases } = await put(store, envelopeTo('a.example'), { priority: 7, lease })
      const plain = await put(store, envelopeTo('b.example'), { lease })
      const shown = async (): Promise<unknown> => (await entries(store)).map(({ priority }) => priority)
      same([leases[0]?.priority, plain.leases[0]?.priority], [7, 0], 'of the commit')
      same(await shown(), [7, 0], 'of the entries')
      for (const one of [...leases, ...plain.leases])
        await settleAll(store, one, { kind: 'deferred', delay: 1_000, because: 'busy' })
      await setup.clock.advance(1_000)
      store = await restarted(setup, store)
      same((await takeOne(store, 'b.example')).priority, 0, 'of the plain one')
      await change(store, [id], { kind: 'hold', because: 'x' })
      await change(store, [id], { kind: 'reroute', destination: 'c.example' })
      await change(store, [id], { kind: 'release' })
      same((await store.due(10)).destinations[0]?.priority, 7, 'of the new destination')
      const moved = await takeOne(store, 'c.example')
      same(moved.priority, 7, 'of the lease')
      // Also of a lease that nobody ends.
      await setup.clock.advance(minute)
      same((await store.due(10)).destinations[0]?.priority, 7, 'when it has run out')
      same((await takeOne(store, 'c.example')).priority, 7, 'of the next lease')
      same(await shown(), [7, 0], 'of the entries')
    },
  },
  {
    name: 'priority: of a report is the one it is given',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'), { priority: 5 })
      const lease = await takeOne(store, 'a.example')
      const report = { envelope: envelopeTo('origin.example'), content: pattern(100) }
      const large = { envelope: envelopeTo('big.example'), content: pattern(100_000), options: { priority: -3 } }
      const given = { ...report, options: { priority: lease.priority } }
      await store.settle([{ ...outcome(lease, { kind: 'delivered' }), spawn: [report, given, large] }])
      const priorities = (await take(store, 'origin.example')).map(({ priority }) => priority)
      same(priorities, [5, 0], 'of the small ones')
      same((await takeOne(store, 'big.example')).priority, -3, 'of the large one')
    },
  },
  {
    name: 'lease: in line by priority and waiting, however it is cut',
    async run(setup) {
      for (const seed of [1, 2, 3]) {
        const store = await opened(setup)
        const random = createSeededRandom(seed)
        const put1 = async (): Promise<{ readonly id: QueueId; readonly place: number }> => {
          const priority = random.below(19) - 9
          const { id } = await put(store, envelopeTo('a.example'), { priority })
          const place = setup.clock.now() - priority * hour
          await setup.clock.advance(1 + random.below(2) * random.below(hour))
          return { id, place }
        }
        const all: { readonly id: QueueId; readonly place: number }[] = []
        for (let n = 0; n < 60; n++) all.push(await put1())
        all.sort((a, b) => a.place - b.place)
        const got: QueueId[] = []
        while (got.length < 60) {
          const some = await ids(store, 'a.example', 1 + random.below(7))
          same(some.length > 0, true, 'some')
          got.push(...some)
        }
        same(
          got,
          all.map(({ id }) => id),
          'order',
        )
        await store.close()
      }
    },
  },
  {
    name: 'lease: an hour of waiting counts as one level of priority, and who waits longer goes first when they tie',
    async run(setup) {
      const store = await opened(setup)
      const bulk = await put(store, envelopeTo('a.example'), { priority: -4 })
      await setup.clock.advance(4 * hour - 1)
      const before = await put(store, envelopeTo('a.example'))
      await setup.clock.advance(1)
      const tie = await put(store, envelopeTo('a.example'))
      await setup.clock.advance(1)
      const urgent = await put(store, envelopeTo('a.example'), { priority: 4 })
      same(await ids(store, 'a.example', 10), [urgent.id, before.id, bulk.id, tie.id], 'order')
    },
  },
  {
    name: 'lease: work of a high priority that is not due stands in nobody’s way',
    async run(setup) {
      const store = await opened(setup)
      const later = { priority: 9, notBefore: setup.clock.now() + minute }
      for (let n = 0; n < 30; n++) await put(store, envelopeTo('a.example'), later)
      const { id } = await put(store, envelopeTo('a.example'), { priority: -9 })
      const since = setup.clock.now()
      same(
        await store.due(1),
        { destinations: [{ destination: 'a.example', since, priority: -9 }], next: since + minute },
        'due',
      )
      same(await ids(store, 'a.example', 5), [id], 'leases')
      same(await store.due(1), { destinations: [], next: since + minute }, 'due, once leased')
    },
  },
  {
    name: 'lease: of a level only work whose priority is that or more, counting an hour of waiting as one',
    async run(setup) {
      const store = await opened(setup)
      const at = async (level: number): Promise<readonly QueueId[]> => {
        const leases = await store.lease({ destination: 'a.example', holder: 'one', duration: minute, limit: 9, level })
        return leases.map(({ id }) => id)
      }
      const bulk = await put(store, envelopeTo('a.example'), { priority: -3 })
      const plain = await put(store, envelopeTo('a.example'))
      await setup.clock.advance(2 * hour - 1)
      const urgent = await put(store, envelopeTo('a.example'), { priority: 3 })
      same(await at(4), [], 'above all')
      same(await at(2), [urgent.id], 'in time for the first')
      same(await at(2), [], 'a moment too early')
      await setup.clock.advance(1)
      same(await at(2), [plain.id], 'two hours')
      same(await at(0), [], 'three would be needed')
      same(await at(-1), [bulk.id], 'two are enough')
    },
  },
  {
    name: 'due: destinations by the first in line of each, named once, cut at the limit',
    async run(setup) {
      const store = await opened(setup)
      const start = setup.clock.now()
      for (let n = 0; n < 20; n++) await put(store, envelopeTo(`d${n}.example`), { priority: -1 })
      await setup.clock.advance(1)
      for (const priority of [-2, 0, 3]) await put(store, envelopeTo('a.example'), { priority })
      await put(store, envelopeTo('b.example'), { priority: 4 })
      await put(store, envelopeTo('b.example'), { priority: 3 })
      await setup.clock.advance(1)
      const first = [
        { destination: 'b.example', since: start + 1, priority: 4 },
        { destination: 'a.example', since: start + 1, priority: 3 },
      ]
      same((await store.due(2)).destinations, first, 'the first two')
      same((await store.due(2)).next, setup.clock.now(), 'ask again at once')
      const all = await store.due(22)
      same(all.destinations.slice(0, 2), first, 'the first two of all')
      same(new Set(all.destinations.map(({ destination }) => destination)).size, 22, 'each once')
      same(all.next, undefined, 'that was all')
      // What has waited for an hour is level with what is one above it.
      await setup.clock.advance(4 * hour + minute)
      for (const name of ['a.example', 'b.example', 'd0.example'])
        for (const lease of await take(store, name)) await settleAll(store, lease, { kind: 'delivered' })
      await put(store, envelopeTo('a.example'), { priority: 3 })
      same((await store.due(1)).destinations[0]?.priority, -1, 'after four hours')
    },
  },
  {
    name: 'notBefore: no lease from its commit, due in its time, told by entry and lease, through restarts',
    async run(setup) {
      let store = await opened(setup)
      const notBefore = setup.clock.now() + 10 * minute
      const wish = { notBefore, lease: { holder: 'one', duration: minute }, priority: 9 }
      const { leases } = await put(store, envelopeTo('a.example'), wish)
      same(leases, [], 'leases of the commit')
      store = await restarted(setup, store)
      same(await store.due(10), { destinations: [], next: notBefore }, 'due')
      const { notBefore: told, nextAttempt } = (await onlyEntry(store)).recipients[0] ?? {}
      same([told, nextAttempt], [notBefore, notBefore], 'entry')
      await setup.clock.advance(10 * minute - 1)
      same(await ids(store, 'a.example', 10), [], 'a moment before')
      await setup.clock.advance(1)
      const lease = await takeOne(store, 'a.example')
      same(lease.recipients[0]?.notBefore, notBefore, 'lease')
      await settleAll(store, lease, { kind: 'deferred', delay: 1, because: 'busy' })
      await setup.clock.advance(1)
      same((await takeOne(store, 'a.example')).recipients[0]?.notBefore, notBefore, 'second lease')
      const past = await put(store, envelopeTo('b.example'), { ...wish, notBefore: notBefore - minute })
      same(past.leases[0]?.recipients[0]?.notBefore, undefined, 'a time that has passed says nothing')
    },
  },
  {
    name: 'notBefore: kept through expedite, hold, release and reroute; ended by an early release alone',
    async run(setup) {
      const store = await opened(setup)
      const notBefore = setup.clock.now() + 10 * minute
      const { id } = await put(store, envelopeTo('a.example', 'a.example'), { notBefore })
      const times = async (): Promise<readonly (Instant | undefined)[]> =>
        (await onlyEntry(store)).recipients.map((recipient) => recipient.nextAttempt)
      same(await change(store, { destination: 'a.example' }, { kind: 'expedite' }), [], 'expedite')
      same(await change(store, [id], { kind: 'release' }), [], 'release')
      await change(store, [id], { kind: 'hold', because: 'x' })
      await change(store, [id], { kind: 'reroute', destination: 'b.example' })
      same(await change(store, [id], { kind: 'release' }), [{ id, recipients: 2 }], 'release of the hold')
      same(await times(), [notBefore, notBefore], 'afterwards')
      same(await ids(store, 'b.example', 10), [], 'leases')
      await setup.clock.advance(minute)
      const early = { kind: 'release', early: true } as const
      same(await change(store, { recipient: 'r1@a.example' }, early), [{ id, recipients: 1 }], 'early release')
      const lease = await takeOne(store, 'b.example')
      same(
        lease.recipients.map(({ index, notBefore: released }) => [index, released]),
        [[1, setup.clock.now()]],
        'released now',
      )
      await settleAll(store, lease, { kind: 'delivered' })
      await change(store, [id], { kind: 'hold', because: 'x' })
      await change(store, [id], early)
      const [other] = (await takeOne(store, 'b.example')).recipients
      same([other?.index, other?.notBefore], [0, setup.clock.now()], 'the held one')
      const waiting = await put(store, envelopeTo('c.example'))
      await settleAll(store, await takeOne(store, 'c.example'), { kind: 'deferred', delay: minute, because: 'busy' })
      same(await change(store, [waiting.id], early), [], 'a retry is no future release')
    },
  },
  {
    name: 'expedite: of one destination brings its work forward and no other, and is told as urgent',
    async run(setup) {
      const store = await opened(setup)
      for (const name of ['a.example', 'b.example']) {
        await put(store, envelopeTo(name), { priority: name === 'a.example' ? 2 : 0 })
        await settleAll(store, await takeOne(store, name), { kind: 'deferred', delay: hour, because: 'busy' })
      }
      const heard: boolean[] = []
      store.onWork((urgent) => heard.push(urgent))
      same((await change(store, { destination: 'a.example' }, { kind: 'expedite' })).length, 1, 'messages')
      const since = setup.clock.now()
      const { destinations, next } = await store.due(10)
      same(destinations, [{ destination: 'a.example', since, priority: 2 }], 'due')
      same(next, since + hour, 'next')
      same(heard, [true], 'told')
      same(
        await store.extend([leaseRefOf(await takeOne(store, 'a.example'))], minute).then(({ length }) => length),
        1,
        'leased',
      )
    },
  },
]
