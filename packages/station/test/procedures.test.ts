import { HostError } from '@angarium/host'
import { createMemoryStore, type QueueId, silentLog } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { queueProcedures } from '../src/queue/procedures.ts'

const clock = createManualClock()
let store: ReturnType<typeof createMemoryStore>
let id: QueueId

beforeEach(async () => {
  store = createMemoryStore({ clock, random: createSeededRandom(1) })
  await store.open()
  const draft = store.draft()
  await draft.write(new TextEncoder().encode('Subject: hello\r\n'))
  const recipients = [{ address: 'x@a.test', parameters: [], destination: 'a.test' }]
  id = (await draft.commit({ reversePath: 's@s.test', parameters: [], recipients })).id
})

async function call(name: string, input?: unknown): Promise<unknown[]> {
  const procedure = queueProcedures({ store, clock, log: silentLog }).get(name)
  if (procedure === undefined) throw new Error(`no procedure ${name}`)
  const values: unknown[] = []
  for await (const value of procedure(input)) values.push(value)
  return values
}

describe('procedures of the administration socket', () => {
  it('yield the content as it is stored', async () => {
    const [piece] = await call('content', { id })
    expect(Buffer.from(String(piece), 'base64').toString()).toBe('Subject: hello\r\n')
    await expect(call('content', { id: 'none' })).rejects.toSatisfy((error) =>
      HostError.is(error, 'HOST_ADMIN_REFUSED'),
    )
  })

  const hold = { kind: 'hold', because: 'x' }
  it.each([
    ['list', undefined],
    ['list', { filter: { colour: 'red' } }],
    ['list', { filter: { state: 'gone' } }],
    ['list', { filter: { ids: Array(1_001).fill('x') } }],
    ['list', { filter: { acceptedBefore: 'noon' } }],
    ['count', { filter: {} }],
    ['count', { filter: {}, by: 'colour' }],
    ['show', {}],
    ['show', { id: 7 }],
    ['explain', { id: 7 }],
    ['change', { filter: {}, change: { kind: 'hold' } }],
    ['change', { filter: {}, change: { kind: 'hold', because: 'a\nb' } }],
    ['change', { filter: {}, change: { kind: 'bounce' } }],
    ['change', { filter: {}, change: { kind: 'reroute', destination: '' } }],
    ['change', { filter: {}, change: { kind: 'remove', early: true } }],
    ['change', { filter: [], change: hold }],
    ['change', { change: hold }],
    ['change', { selection: {}, change: hold }],
    ['stats', { really: true }],
  ] as const)('%s refuses %j, and does nothing', async (name, input) => {
    await expect(call(name, input)).rejects.toMatchObject({ code: 'HOST_ADMIN_REFUSED' })
    expect(await store.stats()).toMatchObject({ queued: 1, held: 0 })
  })
})
