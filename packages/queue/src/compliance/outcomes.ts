import { leaseRefOf } from '../lifecycle/entry.ts'
import type { RecordedReply } from '../store/contract.ts'
import type { QueueStoreCase } from './setup.ts'
import {
  change,
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
  restarted,
  same,
  settleAll,
  take,
  takeOne,
} from './setup.ts'

const reply: RecordedReply = { code: 451, status: '4.7.1', text: ['later\u2028', '"please"'], peer: 'mx.a.example' }

/** What each outcome makes of a recipient. */
export const outcomeCases: readonly QueueStoreCase[] = [
  {
    name: 'settle: every final outcome is counted, and the message goes with its last recipient',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo(...Array.from({ length: 5 }, () => 'a.example'), 'b.example'))
      const lease = await takeOne(store, 'a.example')
      const [result] = await store.settle([
        {
          lease: leaseRefOf(lease),
          recipients: [
            { index: 0, kind: 'delivered', reply: { code: 250, text: ['ok'] } },
            { index: 1, kind: 'relayed' },
            { index: 2, kind: 'failed', status: '5.1.1', because: 'unknown user', reply: { code: 550, text: [] } },
            { index: 3, kind: 'expanded' },
            { index: 4, kind: 'expired', status: '4.4.7', because: 'too late', reply: { code: 450, text: [] } },
          ],
        },
      ])
      same(result, { kind: 'settled', spawned: [] }, 'result')
      const entry = await onlyEntry(store)
      same(
        entry.recipients.map(({ state }) => state),
        ['delivered', 'relayed', 'failed', 'expanded', 'expired', 'queued'],
        'states',
      )
      same(entry.recipients[2]?.because, 'unknown user', 'reason kept')
      same(entry.recipients[2]?.lastReply, { code: 550, text: [] }, 'reply kept')
      same(entry.recipients[4]?.because, 'too late', 'reason of the one given up')
      same((await store.due(10)).destinations.length, 1, 'due')
      same(await change(store, { destination: 'a.example' }, { kind: 'expedite' }), [], 'nothing brings one back')
      await settleAll(store, await takeOne(store, 'b.example'), { kind: 'delivered' })
      const expected = counts({ accepted: 6, delivered: 2, relayed: 1, expanded: 1, failed: 1, expired: 1 })
      same(await ledger(store), expected, 'ledger')
      same(await entries(store), [], 'messages')
      await rejects('QUEUE_NOT_FOUND', () => content(store, lease.id), 'read of a message that is gone')
    },
  },
  {
    name: 'settle: a deferral comes back in its time with all it learned',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example'))
      await settleAll(store, await takeOne(store, 'a.example'), {
        kind: 'deferred',
        delay: 5_000,
        because: 'busy',
        reply,
        warned: true,
      })
      const entry = await onlyEntry(store)
      same(
        entry.recipients[0],
        {
          index: 0,
          address: 'r0@a.example',
          parameters: [],
          destination: 'a.example',
          state: 'deferred',
          attempts: 1,
          lastAttempt: setup.clock.now(),
          nextAttempt: setup.clock.now() + 5_000,
          because: 'busy',
          lastReply: reply,
        },
        'entry',
      )
      await setup.clock.advance(4_999)
      same((await take(store, 'a.example')).length, 0, 'too early')
      await setup.clock.advance(1)
      const again = await takeOne(store, 'a.example')
      const expected = {
        index: 0,
        address: 'r0@a.example',
        parameters: [],
        attempts: 2,
        warned: true,
        lastBecause: 'busy',
        lastReply: reply,
      }
      same(again.recipients, [expected], 'recipients of the next lease')
      await settleAll(store, again, { kind: 'deferred', delay: 1, because: 'busy' })
      await setup.clock.advance(1)
      same((await takeOne(store, 'a.example')).recipients[0]?.warned, true, 'warned for good')
    },
  },
  {
    name: 'settle: recipients given back, or not named, are due at once and their attempt is not counted',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example', 'a.example', 'a.example'))
      const lease = await takeOne(store, 'a.example')
      await store.settle([
        {
          lease: leaseRefOf(lease),
          recipients: [
            { index: 0, kind: 'returned' },
            { index: 2, kind: 'delivered' },
          ],
        },
      ])
      const again = await takeOne(store, 'a.example')
      same(
        again.recipients.map(({ index, attempts }) => [index, attempts]),
        [
          [0, 1],
          [1, 1],
        ],
        'given back',
      )
    },
  },
  {
    name: 'settle: abandoned, what is not named ends as at the deadline, at once, and the third time it is held',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example', 'a.example'))
      const first = await takeOne(store, 'a.example')
      const done = { index: 0, kind: 'delivered' } as const
      await store.settle([{ lease: leaseRefOf(first), recipients: [done], abandoned: true }])
      for (let attempts = 2; attempts <= 3; attempts++) {
        const lease = await takeOne(store, 'a.example')
        same(
          lease.recipients.map((one) => [one.index, one.attempts]),
          [[1, attempts]],
          'who is left, with the attempt counted',
        )
        await store.settle([{ lease: leaseRefOf(lease), recipients: [], abandoned: true }])
      }
      same((await take(store, 'a.example')).length, 0, 'after the third')
      same((await onlyEntry(store)).recipients[1]?.state, 'held', 'state')
    },
  },
  {
    name: 'settle: given back with a delay, the attempt is not counted and the work due in its time, to whoever asks',
    async run(setup) {
      const store = await opened(setup)
      await put(store, envelopeTo('a.example', 'a.example'))
      const lease = await takeOne(store, 'a.example')
      const start = setup.clock.now()
      await store.settle([
        {
          lease: leaseRefOf(lease),
          recipients: [
            { index: 0, kind: 'returned', delay: 5_000 },
            { index: 1, kind: 'deferred', delay: minute, because: 'busy' },
          ],
        },
      ])
      same(
        (await onlyEntry(store)).recipients.map(({ state, attempts, lastAttempt, nextAttempt }) => [
          state,
          attempts,
          lastAttempt,
          nextAttempt,
        ]),
        [
          ['queued', 0, undefined, start + 5_000],
          ['deferred', 1, start, start + minute],
        ],
        'entry',
      )
      same(await store.due(10), { destinations: [], next: start + 5_000 }, 'due')
      await setup.clock.advance(4_999)
      same((await take(store, 'a.example')).length, 0, 'too early')
      await setup.clock.advance(1)
      const again = await takeOne(store, 'a.example')
      same(
        again.recipients.map(({ index, attempts }) => [index, attempts]),
        [[0, 1]],
        'in its time',
      )
      await settleAll(store, again, { kind: 'returned', delay: minute })
      await setup.clock.advance(minute - 5_000)
      const other = await takeOne(store, 'a.example')
      same(
        other.recipients.map(({ index, attempts }) => [index, attempts]),
        [[1, 2]],
        'the deferred one',
      )
      await settleAll(store, other, { kind: 'returned' })
      const { state, attempts, lastAttempt } = (await onlyEntry(store)).recipients[1] ?? {}
      same([state, attempts, lastAttempt], ['deferred', 1, start], 'given back as it was')
      await ledger(store)
    },
  },
  {
    name: 'settle: the envelope of each attempt is the one that was given, whatever became of those before',
    async run(setup) {
      let store = await opened(setup)
      const parameters = [
        ['SIZE', '1'],
        ['ENVID', "+41'\u2028"],
      ] as const
      const given = [
        ['"a b"@Bücher.example', [['NOTIFY', 'SUCCESS,FAILURE']]],
        [
          'r@[192.0.2.1]',
          [
            ['ORCPT', 'rfc822;x+2Dy'],
            ['X', undefined],
          ],
        ],
      ] as const
      const recipients = given.map(([address, own]) => ({ address, parameters: own, destination: 'a.example' }))
      const { id } = await put(store, { reversePath: 'Se"n"der+x@Example.ORG', parameters, recipients })
      for (let attempt = 1; attempt <= 6; attempt++) {
        const lease = await takeOne(store, attempt < 5 ? 'a.example' : 'b.example')
        same(
          [lease.reversePath, lease.parameters, lease.recipients.map(({ address, parameters: own }) => [address, own])],
          ['Se"n"der+x@Example.ORG', parameters, given],
          `attempt ${attempt}`,
        )
        same(await content(store, id), pattern(100), 'content')
        if (attempt === 2) await setup.clock.advance(minute)
        else await settleAll(store, lease, { kind: 'deferred', delay: 0, because: 'busy', reply })
        if (attempt === 3) store = await restarted(setup, store)
        if (attempt === 4) await change(store, [id], { kind: 'reroute', destination: 'b.example' })
        const [entry] = await entries(store)
        same(
          [entry?.parameters, entry?.recipients.map((one) => [one.address, one.parameters])],
          [parameters, given],
          'entry',
        )
      }
    },
  },
]
