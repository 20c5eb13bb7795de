import type { QueueStoreCase } from './setup.ts'
import {
  collect,
  content,
  entries,
  envelopeTo,
  holds,
  ledger,
  minute,
  onlyEntry,
  opened,
  pattern,
  put,
  rejects,
  same,
  settleAll,
  takeOne,
} from './setup.ts'

/** Drafts, commits, ids and keys. */
export const intakeCases: readonly QueueStoreCase[] = [
  {
    name: 'commit: content is kept octet for octet, at every size where stores change their ways',
    async run(setup) {
      const store = await opened(setup)
      for (const size of [0, 1, 4_095, 4_096, 65_535, 65_536, 65_537, 300_000]) {
        const whole = pattern(size)
        const { id } = await put(store, envelopeTo('a.example'), { content: whole })
        same(await content(store, id), whole, `${size} octets read back`)
        const lease = await takeOne(store, 'a.example')
        same(lease.size, size, 'size in the lease')
        if (lease.body !== undefined) same(lease.body, whole, `${size} octets in the lease`)
        await settleAll(store, lease, { kind: 'delivered' })
      }
    },
  },
  {
    name: 'write: the caller keeps its buffer and may use it again',
    async run(setup) {
      const store = await opened(setup)
      const draft = store.draft()
      const whole = pattern(200_000)
      const buffer = new Uint8Array(7_000)
      for (let at = 0; at < whole.length; at += buffer.length) {
        const piece = whole.subarray(at, at + buffer.length)
        buffer.set(piece)
        await draft.write(buffer.subarray(0, piece.length))
        buffer.fill(0xee)
      }
      const { id } = await draft.commit(envelopeTo('a.example'))
      same(await content(store, id), whole, 'what was written')
    },
  },
  {
    name: 'commit: the envelope is kept exactly as received, whatever the caller does with its objects',
    async run(setup) {
      const store = await opened(setup)
      const recipients = [
        { address: '"a b"@example.net', parameters: [['NOTIFY', 'FAILURE'] as const], destination: 'example.net' },
        { address: 'jörg@bücher.example', parameters: [['X', undefined] as const], destination: 'bücher.example' },
        {
          address: '"a b"@example.net',
          parameters: [['ORCPT', "rfc822;a'b\u2028"] as const],
          destination: 'example.net',
        },
      ]
      const parameters: [string, string | undefined][] = [
        ['SMTPUTF8', undefined],
        ['ENVID', '__proto__'],
      ]
      const { id } = await put(store, { reversePath: '', parameters, recipients })
      const expected = { parameters: [...parameters], addresses: recipients.map(({ address }) => address) }
      parameters.pop()
      recipients.pop()
      const entry = await onlyEntry(store)
      same(entry.id, id, 'id')
      same(entry.reversePath, '', 'the null reverse-path')
      same(entry.parameters, expected.parameters, 'parameters of MAIL')
      same(
        entry.recipients.map(({ address }) => address),
        expected.addresses,
        'recipients in order',
      )
      same(entry.recipients[1]?.parameters, [['X', undefined]], 'a parameter without a value')
      const lease = await takeOne(store, 'example.net')
      same(
        lease.recipients.map(({ index }) => index),
        [0, 2],
        'positions in the envelope',
      )
      same(lease.recipients[1]?.parameters, [['ORCPT', "rfc822;a'b\u2028"]], 'parameters of RCPT')
    },
  },
  {
    name: 'abort: nothing is left, twice and after a commit it does no harm',
    async run(setup) {
      const store = await opened(setup)
      for (const size of [10, 200_000]) {
        const draft = store.draft()
        await draft.write(pattern(size))
        await draft.abort()
        await draft.abort()
        await rejects('QUEUE_MISUSE', () => draft.commit(envelopeTo('a.example')), 'commit after abort')
      }
      same((await ledger(store)).accepted, 0, 'recipients accepted')
      const draft = store.draft()
      await draft.commit(envelopeTo('a.example'))
      await draft.abort()
      same((await entries(store)).length, 1, 'messages')
    },
  },
  {
    name: 'commit: an envelope without recipients and a second commit are misuse',
    async run(setup) {
      const store = await opened(setup)
      await rejects('QUEUE_MISUSE', () => store.draft().commit(envelopeTo()), 'no recipient')
      const draft = store.draft()
      await draft.commit(envelopeTo('a.example'))
      await rejects('QUEUE_MISUSE', () => draft.commit(envelopeTo('a.example')), 'second commit')
      await rejects('QUEUE_MISUSE', async () => draft.write(pattern(1)), 'write after commit')
      same((await ledger(store)).messages, 1, 'messages')
    },
  },
  {
    name: 'draft: its id is known from the start, is the one it is accepted under, and decides its place in a scan',
    async run(setup) {
      const store = await opened(setup)
      const drafts = [store.draft(), store.draft(), store.draft(), store.draft()]
      await drafts[2]?.abort()
      for (const draft of [drafts[3], drafts[0], drafts[1]]) {
        await draft?.write(pattern(100))
        same((await draft?.commit(envelopeTo('a.example')))?.id, draft?.id, 'id')
      }
      const begun = [drafts[0], drafts[1], drafts[3]].map((draft) => draft?.id)
      same(
        (await entries(store)).map(({ id }) => id),
        begun,
        'all',
      )
      same(
        (await entries(store, {}, begun[1])).map(({ id }) => id),
        begun.slice(2),
        'after the second',
      )
    },
  },
  {
    name: 'commit: ids are unique, and safe in a file name and a Received field',
    async run(setup) {
      const store = await opened(setup)
      const accepted = await Promise.all(Array.from({ length: 200 }, () => put(store, envelopeTo('a.example'))))
      const ids = accepted.map(({ id }) => id)
      same(new Set(ids).size, 200, 'different ids')
      for (const id of ids) {
        holds(id.length > 0 && id.length <= 64, `length of ${id}`)
        for (const letter of id)
          holds(
            '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-'.includes(letter),
            `"${letter}" in ${id}`,
          )
      }
      same((await ledger(store)).queued, 200, 'recipients queued')
    },
  },
  {
    name: 'commit: a second one under the same key stores nothing, even when the first message is gone',
    async run(setup) {
      const store = await opened(setup)
      const first = await put(store, envelopeTo('a.example'), { key: 'k' })
      same(first.duplicate, false, 'the first is no duplicate')
      const wish = { key: 'k', lease: { holder: 'one', duration: minute }, content: pattern(100_000) }
      const second = await put(store, envelopeTo('a.example'), wish)
      same(second, { id: first.id, duplicate: true, leases: [] }, 'second commit')
      await settleAll(store, await takeOne(store, 'a.example'), { kind: 'delivered' })
      same((await put(store, envelopeTo('a.example'), { key: 'k' })).duplicate, true, 'third commit')
      same((await put(store, envelopeTo('a.example'), { key: 'K' })).duplicate, false, 'another key')
      same((await ledger(store)).accepted, 2, 'recipients accepted')
    },
  },
  {
    name: 'commit: of many at once under one key one wins',
    async run(setup) {
      const store = await opened(setup)
      const all = await Promise.all(Array.from({ length: 20 }, () => put(store, envelopeTo('a.example'), { key: 'k' })))
      same(new Set(all.map(({ id }) => id)).size, 1, 'one id')
      same(all.filter(({ duplicate }) => !duplicate).length, 1, 'one first')
      same((await entries(store)).length, 1, 'one message')
    },
  },
  {
    name: 'commit: may lease to the committer; then nobody else gets the work before the deadline',
    async run(setup) {
      const store = await opened(setup)
      const body = pattern(500)
      const lease = { holder: 'one', duration: minute }
      const { id, leases } = await put(store, envelopeTo('a.example', 'b.example', 'a.example'), {
        lease,
        content: body,
      })
      if (leases.length === 0) return
      same(leases.map(({ destination }) => destination).sort(), ['a.example', 'b.example'], 'a lease per destination')
      const mine = leases.find(({ destination }) => destination === 'a.example') ?? leases[0]
      same(mine?.id, id, 'id')
      same(mine?.until, setup.clock.now() + minute, 'deadline')
      same(
        mine?.recipients.map(({ index, attempts }) => [index, attempts]),
        [
          [0, 1],
          [2, 1],
        ],
        'recipients',
      )
      if (mine?.body !== undefined) same(mine.body, body, 'body')
      same((await store.due(10)).destinations, [], 'due meanwhile')
      const results = await store.settle(
        leases.map((one) => ({
          lease: one,
          recipients: one.recipients.map(({ index }) => ({ index, kind: 'delivered' as const })),
        })),
      )
      same(
        results.map(({ kind }) => kind),
        ['settled', 'settled'],
        'settled',
      )
      same((await ledger(store)).messages, 0, 'messages left')
    },
  },
  {
    name: 'every method but draft, open and onWork rejects with QUEUE_CLOSED before open and after close',
    async run(setup) {
      const store = await setup.create()
      const id = 'x' as never
      const calls: readonly [string, () => unknown][] = [
        ['commit', () => put(store, envelopeTo('a.example'))],
        ['due', () => store.due(1)],
        ['lease', () => store.lease({ destination: 'a', holder: 'h', duration: 1, limit: 1 })],
        ['extend', () => store.extend([], 1)],
        ['settle', () => store.settle([])],
        ['read', () => collect(store.read(id))],
        ['scan', () => collect(store.scan())],
        ['change', () => collect(store.change({ ids: [id] }, { kind: 'release' }))],
        ['stats', () => store.stats()],
      ]
      for (const [name, call] of calls) await rejects('QUEUE_CLOSED', call, `${name} before open`)
      await store.open()
      await store.close()
      for (const [name, call] of calls) await rejects('QUEUE_CLOSED', call, `${name} after close`)
      await store.close()
    },
  },
]
