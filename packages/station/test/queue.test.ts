import { HostError } from '@angarium/host'
import { createMemoryStore, type QueueId, silentLog } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { visible } from '../src/command/console.ts'
import { queueProcedures } from '../src/queue/procedures.ts'
import { details, summary } from '../src/queue/view.ts'

const clock = createManualClock()
let store: ReturnType<typeof createMemoryStore>
let ids: QueueId[]
const told: unknown[] = []

beforeEach(async () => {
  store = createMemoryStore({ clock, random: createSeededRandom(1) })
  await store.open()
  ids = []
  told.length = 0
  for (const destination of ['a.test', 'b.test', 'b.test']) {
    const draft = store.draft()
    await draft.write(new TextEncoder().encode(`Subject: ${ids.length}\r\n`))
    const recipients = [{ address: `x@${destination}`, parameters: [], destination }]
    ids.push((await draft.commit({ reversePath: 's@s.test', parameters: [], recipients })).id)
  }
})

async function call(name: 'list' | 'show' | 'content' | 'change' | 'stats', input?: unknown): Promise<unknown[]> {
  const log = { ...silentLog, info: (event: string, fields: object) => void told.push({ event, ...fields }) }
  const values: unknown[] = []
  const procedure = queueProcedures(store, log).get(name)
  if (procedure === undefined) throw new Error(`no procedure ${name}`)
  // As over the socket: JSON there, JSON back.
  const sent = input === undefined ? undefined : JSON.parse(JSON.stringify(input))
  for await (const value of procedure(sent)) values.push(JSON.parse(JSON.stringify(value)))
  return values
}

describe('procedures of the administration socket', () => {
  it('list what a filter lets through', async () => {
    expect(await call('list', { filter: {} })).toMatchObject(ids.map((id) => ({ id })))
    for (const destination of ['a.test', 'A.Test'])
      expect(await call('list', { filter: { destination } })).toMatchObject([{ id: ids[0] }])
  })

  it('show each message, whatever comes before and after it', async () => {
    for (const id of ids) expect(await call('show', { id })).toMatchObject([{ id }])
    for (const id of ['', '0', '0'.repeat(22), 'z'.repeat(22)])
      await expect(call('show', { id })).rejects.toMatchObject({ message: `there is no message ${id} in the queue` })
  })

  it('yield the content as it is stored', async () => {
    const [piece] = await call('content', { id: ids[1] })
    expect(Buffer.from(String(piece), 'base64').toString()).toBe('Subject: 1\r\n')
    await expect(call('content', { id: 'none' })).rejects.toSatisfy((error) =>
      HostError.is(error, 'HOST_ADMIN_REFUSED'),
    )
  })

  it('change those chosen, and log it', async () => {
    const held = await call('change', { selection: { destination: 'b.test' }, change: { kind: 'hold', because: 'so' } })
    expect(held).toEqual(ids.slice(1).map((id) => ({ id, recipients: 1 })))
    expect(told).toEqual(ids.slice(1).map((id) => ({ event: 'queue-changed', id, change: 'hold', recipients: 1 })))
    expect(await call('change', { selection: [ids[1]], change: { kind: 'release' } })).toHaveLength(1)
    expect(await call('change', { selection: {}, change: { kind: 'remove' } })).toHaveLength(3)
    expect(await call('stats')).toMatchObject([{ accepted: 3, removed: 3, messages: 0 }])
  })

  it.each([
    ['list', undefined],
    ['list', { filter: { colour: 'red' } }],
    ['list', { filter: { state: 'gone' } }],
    ['show', {}],
    ['show', { id: 7 }],
    ['change', { selection: {}, change: { kind: 'hold' } }],
    ['change', { selection: {}, change: { kind: 'reroute', destination: 'x' } }],
    ['change', { selection: {}, change: { kind: 'remove', early: true } }],
    ['change', { selection: [7], change: { kind: 'remove' } }],
    ['change', { change: { kind: 'remove' } }],
    ['stats', { really: true }],
  ] as const)('%s refuses %j, and does nothing', async (name, input) => {
    await expect(call(name, input)).rejects.toMatchObject({ code: 'HOST_ADMIN_REFUSED' })
    expect(await store.stats()).toMatchObject({ queued: 3 })
  })
})

describe('what the terminal is shown', () => {
  it('is never what a peer wants it to obey', () => {
    expect(visible('a\u001b[2J\r\n\u009b\u202e\u2028é中')).toBe('a\\u{1b}[2J\\u{d}\\u{a}\\u{9b}\\u{202e}\\u{2028}é中')
    expect(visible('x'.repeat(600))).toHaveLength(503)
  })

  it('tells the priority and the time of a future release, which `early` ends', async () => {
    const notBefore = clock.now() + 3_600_000
    const draft = store.draft()
    await draft.write(new TextEncoder().encode('Subject: later\r\n'))
    const recipients = [{ address: 'x@later.test', parameters: [], destination: 'later.test' }]
    await draft.commit({ reversePath: 's@s.test', parameters: [], recipients }, { priority: 3, notBefore })
    const lines = async (show: typeof details): Promise<string[]> => {
      for await (const entry of store.scan({ destination: 'later.test' })) return [...show(entry, clock.now())]
      return []
    }
    const standing = `<x@later.test>  queued, not before ${new Date(notBefore).toISOString()}`
    expect(await lines(summary)).toEqual([expect.stringMatching(/from <s@s\.test> {2}priority 3$/), `  ${standing}`])
    expect(await lines(details)).toEqual(expect.arrayContaining(['priority:  3', `to:        ${standing}`]))
    const selection = { destination: 'later.test' }
    await call('change', { selection, change: { kind: 'release' } })
    expect((await lines(summary)).at(-1)).toContain('not before')
    await call('change', { selection, change: { kind: 'release', early: true } })
    expect((await lines(summary)).at(-1)).toBe('  <x@later.test>  queued, due now')
  })

  it('says where each recipient stands, and what was said last', async () => {
    const [lease] = await store.lease({ destination: 'a.test', holder: 'h', duration: 1_000, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    const reply = { code: 450, text: ['later\u001b[0m'], peer: 'mx.a.test' }
    await store.settle([
      { lease, recipients: [{ index: 0, kind: 'deferred', delay: 90_000, because: 'greylisted', reply }] },
    ])
    for await (const entry of store.scan({ destination: 'a.test' })) {
      expect([...summary(entry, clock.now())].at(-1)).toBe('  <x@a.test>  queued, next attempt in 1m30s: greylisted')
      expect([...details(entry, clock.now())].at(-1)).toBe('           mx.a.test said 450 later\\u{1b}[0m')
    }
    const corrupt = { kind: 'corrupt', id: 'c', because: 'checksum' } as const
    expect([...summary(corrupt, 0)]).toEqual(['c  CORRUPT  checksum'])
  })
})
