import type { CommitOptions, Envelope, QueueStore } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
  entries,
  envelopeTo,
  ledger,
  minute,
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

async function send(store: QueueStore, sender: string, count: number, options: CommitOptions = {}): Promise<void> {
  for (let n = 0; n < count; n++) await put(store, envelopeTo('a.example'), { ...options, sender })
}

/** Leases and delivers; the senders in order, as one word. */
async function served(store: QueueStore, limit: number, level?: number): Promise<string> {
  const request = { destination: 'a.example', holder: 'one', duration: minute, limit }
  const leases = await store.lease(level === undefined ? request : { ...request, level })
  await store.settle(leases.map((lease) => outcome(lease, { kind: 'delivered' })))
  return leases.map(({ sender }) => sender).join('')
}

/** Senders take turns. */
export const turnCases: readonly QueueStoreCase[] = [
  {
    name: 'sender: as committed, else the domain of the reverse-path in lower case; told by lease and entry, kept for good',
    async run(setup) {
      let store = await opened(setup)
      const from = (reversePath: string): Envelope => ({ ...envelopeTo('a.example'), reversePath })
      const cases: readonly [Envelope, CommitOptions, string][] = [
        [from('"x@y"@Mail.EXAMPLE.org'), {}, 'mail.example.org'],
        [from('x@BÜCHER.example'), {}, 'bÜcher.example'],
        [from(''), {}, ''],
        [from('x@example.org'), { sender: 'Ada' }, 'Ada'],
        [from('x@example.org'), { sender: '' }, ''],
        [from('x@example.org'), { sender: 'ü'.repeat(127), source: '2001:db8::1' }, 'ü'.repeat(127)],
      ]
      for (const [envelope, options] of cases) await put(store, envelope, options)
      const expected = cases.map(([, { source }, sender]) => [sender, source])
      const shown = (all: readonly { readonly sender: string; readonly source?: string }[]): unknown =>
        all.map(({ sender, source }) => [sender, source])
      same(shown(await entries(store)), expected, 'entries')
      for (const lease of await take(store, 'a.example'))
        await settleAll(store, lease, { kind: 'deferred', delay: 0, because: 'busy' })
      store = await restarted(setup, store)
      await change(store, {}, { kind: 'reroute', destination: 'b.example' })
      const leases = [...(await take(store, 'b.example'))].sort((a, b) => (a.id < b.id ? -1 : 1))
      same(shown(leases), expected, 'leases')
      const long = { sender: `${'ü'.repeat(127)}xx` }
      await rejects('QUEUE_MISUSE', () => put(store, from(''), long), '256 octets')
      const [lease] = leases
      if (lease === undefined) return
      const spawn = [{ envelope: from(''), content: pattern(1), options: long }]
      const settlement = outcome(lease, { kind: 'delivered' })
      await rejects('QUEUE_MISUSE', () => store.settle([{ ...settlement, spawn }]), '256 octets of a report')
      await store.settle([
        { ...settlement, spawn: [{ envelope: from(''), content: pattern(1), options: { sender: 'r' } }] },
      ])
      same((await takeOne(store, 'a.example')).sender, 'r', 'of a report')
    },
  },
  {
    name: 'turns: each sender has one of each round, in the order they came',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 5)
      await send(store, 'b', 3)
      await send(store, 'c', 1)
      same(await served(store, 4), 'abca', 'the first four')
      same(await served(store, 10), 'babaa', 'the rest')
    },
  },
  {
    name: 'turns: one message does not wait for the thousand of another sender, at any time',
    async run(setup) {
      const store = await opened(setup)
      await Promise.all(Array.from({ length: 1_000 }, () => send(store, 'a', 1)))
      await send(store, 'b', 1)
      same(await served(store, 3), 'aba', 'while none has gone')
      await served(store, 97)
      await send(store, 'c', 1)
      await send(store, 'd', 2)
      same((await served(store, 4)).split('').sort().join(''), 'aacd', 'in the middle, two rounds at most')
      same((await served(store, 2)).includes('d'), true, 'the second of one')
      same((await served(store, 1_000)).length, 1_004 - 106, 'the rest')
    },
  },
  {
    name: 'turns: a sender that has much in line does not wait for ever while new ones come',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 10)
      let gone = ''
      for (let n = 0; n < 30; n++) {
        await send(store, `b${n}`, 2)
        gone += (await served(store, 2)).replaceAll(/[^a]/g, '')
      }
      same(gone.length > 5, true, `${gone.length} of 10 went`)
    },
  },
  {
    name: 'turns: work given back keeps its turn, work deferred stands by its time',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 3)
      await send(store, 'b', 3)
      const [first] = await take(store, 'a.example', 1)
      if (first !== undefined) await settleAll(store, first, { kind: 'returned' })
      const [again, other] = await take(store, 'a.example', 2)
      same([again?.id, other?.sender], [first?.id, 'b'], 'given back')
      if (other !== undefined) await settleAll(store, other, { kind: 'returned' })
      if (again !== undefined) await settleAll(store, again, { kind: 'deferred', delay: 1_000, because: 'busy' })
      same(await served(store, 2), 'ba', 'the next two')
      await setup.clock.advance(1_001)
      await send(store, 'c', 2)
      same(await served(store, 9), 'babacc', 'in the order of turns and times')
    },
  },
  {
    name: 'turns: are kept through a restart, and a newcomer waits no longer for it',
    async run(setup) {
      let store = await opened(setup)
      await send(store, 'a', 50)
      await send(store, 'b', 2)
      for (const lease of await take(store, 'a.example', 10)) await settleAll(store, lease, { kind: 'delivered' })
      store = await restarted(setup, store)
      await send(store, 'c', 1)
      await send(store, 'a', 1)
      same((await served(store, 3)).includes('c'), true, 'the newcomer')
      same((await served(store, 50)).length, 41, 'the rest')
      await ledger(store)
    },
  },
  {
    name: 'turns: within each priority, and priorities and waiting before them',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'c', 2)
      await send(store, 'd', 1)
      await send(store, 'a', 3, { priority: 3 })
      await send(store, 'b', 1, { priority: 3 })
      same(await served(store, 9), 'abaacdc', 'order')
      await send(store, 'e', 2)
      await setup.clock.advance(3 * hour)
      await send(store, 'f', 1, { priority: 2 })
      await send(store, 'g', 1, { priority: 4 })
      same(await served(store, 9), 'geef', 'after three hours')
    },
  },
  {
    name: 'turns: only the head of the line counts for a level, and for when its destination is first',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 3)
      await setup.clock.advance(2 * hour)
      await send(store, 'b', 1)
      same(await served(store, 9, 1), 'a', 'of level 1')
      const since = setup.clock.now()
      same((await store.due(1)).destinations, [{ destination: 'a.example', since, priority: 0 }], 'due')
      same(await served(store, 9, 1), '', 'nobody takes the turn of another')
      same(await served(store, 9, 0), 'baa', 'of level 0')
    },
  },
  {
    name: 'turns: released and rerouted work joins the line anew, and work taken out leaves no gap',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 20)
      await change(store, { sender: 'a' }, { kind: 'hold', because: 'look' })
      await send(store, 'b', 20)
      await served(store, 10)
      await change(store, { sender: 'a' }, { kind: 'release' })
      same((await served(store, 8)).split('').sort().join(''), 'aaaabbbb', 'released')
      for (let n = 0; n < 6; n++) await put(store, envelopeTo('x.example'), { sender: 'c' })
      await change(store, { sender: 'c' }, { kind: 'reroute', destination: 'a.example' })
      same((await served(store, 6)).split('').sort().join(''), 'aabbcc', 'rerouted')
      await change(store, { sender: 'a' }, { kind: 'remove' })
      await send(store, 'a', 1)
      same((await served(store, 4)).includes('a'), true, 'new mail of one whose mail was removed')
    },
  },
  {
    name: 'turns: a future release stands by its time',
    async run(setup) {
      const store = await opened(setup)
      await send(store, 'a', 1, { notBefore: setup.clock.now() + minute })
      await setup.clock.advance(1)
      await send(store, 'b', 1)
      same(await served(store, 9), 'b', 'before it')
      await setup.clock.advance(minute)
      await send(store, 'b', 1)
      same(await served(store, 9), 'ab', 'in its time')
    },
  },
]
