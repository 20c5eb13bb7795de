import { describe, expect, it } from 'vitest'
import type { CorruptEntry, Entry, RecipientState } from '../src/index.ts'
import { ageNames, countEntries, createMemoryStore } from '../src/index.ts'
import { createManualClock, createSeededRandom } from '../src/testing.ts'

const now = 1_790_000_000_000
const minute = 60_000

function entry(
  age: number,
  sender: string,
  recipients: readonly (readonly [destination: string, state: RecipientState])[],
  source?: string,
): Entry {
  return {
    kind: 'message',
    id: `m${age}` as never,
    acceptedAt: now - age,
    size: 1,
    priority: 0,
    sender,
    ...(source === undefined ? {} : { source }),
    reversePath: '',
    parameters: [],
    recipients: recipients.map(([destination, state], index) => ({
      index,
      address: `r${index}@x.example`,
      parameters: [],
      destination,
      state,
      attempts: 0,
      lastAttempt: undefined,
      nextAttempt: undefined,
      because: undefined,
      lastReply: undefined,
    })),
  }
}

const corrupt: CorruptEntry = { kind: 'corrupt', id: 'x', because: 'x' }
const all = [
  entry(minute, 'ada', [
    ['a.example', 'queued'],
    ['a.example', 'deferred'],
    ['b.example', 'delivered'],
  ]),
  corrupt,
  entry(
    9 * minute,
    '__proto__',
    [
      ['a.example', 'held'],
      ['c.example', 'leased'],
    ],
    '192.0.2.1',
  ),
  entry(9_999 * minute, 'ada', [['b.example', 'queued']], '192.0.2.1'),
  entry(-minute, 'bob', [['b.example', 'expired']]),
]

describe('countEntries', () => {
  const count = async (...[by, filter]: [Parameters<typeof countEntries>[1], object?]): Promise<unknown> =>
    (await countEntries(all, by, { now, ...(filter && { filter }) })).counts.map(
      ({ of, messages, recipients, oldest }) => [of, messages, recipients, (now - oldest) / minute],
    )

  it('counts messages and recipients that are not settled, and tells the oldest', async () => {
    expect(await count('destination')).toEqual([
      ['a.example', 2, 3, 9],
      ['b.example', 1, 1, 9_999],
      ['c.example', 1, 1, 9],
    ])
    expect(await count('state')).toEqual([
      ['queued', 2, 2, 9_999],
      ['deferred', 1, 1, 1],
      ['held', 1, 1, 9],
      ['leased', 1, 1, 9],
    ])
    expect(await count('sender')).toEqual([
      ['ada', 2, 3, 9_999],
      ['__proto__', 1, 2, 9],
    ])
    expect(await count('source')).toEqual([
      ['192.0.2.1', 2, 3, 9_999],
      ['', 1, 2, 1],
    ])
    expect((await countEntries(all, 'state', { now })).corrupt).toBe(1)
  })

  it('counts ages from young to old', async () => {
    expect(await count('age')).toEqual([
      ['5m', 1, 2, 1],
      ['15m', 1, 2, 9],
      ['older', 1, 1, 9_999],
    ])
    const hours = [0, 0.1, 0.9, 3.9, 11.9, 23.9, 47.9, 119.9, 120]
    const aged = hours.map((age) => entry(age * 60 * minute, 'a', [['a', 'queued']]))
    expect((await countEntries(aged, 'age', { now })).counts.map(({ of }) => of)).toEqual(ageNames)
    const future = [entry(-minute, 'a', [['a', 'queued']])]
    expect((await countEntries(future, 'age', { now })).counts.map(({ of }) => of)).toEqual(['5m'])
  })

  it('counts the recipients that pass the filter of the scan', async () => {
    expect(await count('destination', { state: 'held' })).toEqual([['a.example', 1, 1, 9]])
    expect(await count('sender', { destination: 'b.example' })).toEqual([['ada', 1, 1, 9_999]])
    expect(await count('state', { recipient: 'R1@x.example' })).toEqual([
      ['deferred', 1, 1, 1],
      ['leased', 1, 1, 9],
    ])
  })

  it('takes what a store scans', async () => {
    const clock = createManualClock()
    const store = createMemoryStore({ clock, random: createSeededRandom() })
    await store.open()
    expect(await countEntries(store.scan(), 'age', { now: clock.now() })).toEqual({ counts: [], corrupt: 0 })
    const recipients = [{ address: 'r@a.example', parameters: [], destination: 'a.example' }]
    await store.draft().commit({ reversePath: 'x@example.org', parameters: [], recipients })
    expect((await countEntries(store.scan(), 'sender', { now: clock.now() })).counts).toEqual([
      { of: 'example.org', messages: 1, recipients: 1, oldest: clock.now() },
    ])
  })
})
