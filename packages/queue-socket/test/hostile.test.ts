import { join } from 'node:path'
import type { QueueStore } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import type { QueueOwnerLimits } from '../src/index.ts'
import { kinds, openParcel, protocolVersion } from '../src/wire/frames.ts'
import { guest, welcomeGuest } from './guest.ts'
import { connected, memoryStore, place, put, recordingLog, served, until } from './place.ts'

async function scene(limits: Partial<QueueOwnerLimits> = {}, store?: QueueStore) {
  const path = join(place(), 'queue.sock')
  const { log, events } = recordingLog()
  const inner = store ?? (await memoryStore())
  await served({ path, store: inner, log, limits })
  return { path, events, store: inner }
}

const ids = ['10000000000000000000aa', '10000000000000000000ab', '10000000000000000000ac']

describe('a guest that breaks the protocol', () => {
  it.each([
    ['garbage', Buffer.from('EHLO me\r\n\r\n\r\n\r\n'), 'longer than'],
    ['a frame without a head', Buffer.from([0, 0, 0, 2, 1, 0, 0, 0, 0, 0]), 'no head'],
    ['a frame of 4 GiB', Buffer.from([255, 255, 255, 255, 1, 0, 0, 0, 0]), 'longer than'],
  ])('is told and cut off: %s', async (_, octets, because) => {
    const { path, events } = await scene()
    const one = await guest(path)
    one.socket.write(octets)
    expect(await one.farewell).toContain(because)
    expect(events[0]).toContain(because)
  })

  it.each<[string, (one: Awaited<ReturnType<typeof welcomeGuest>>) => void, string]>([
    ['an unknown kind', (one) => one.octets(99, 0, new Uint8Array(0)), 'kind 99'],
    ['an owner’s frame', (one) => one.octets(kinds.credit, 9, new Uint8Array(0)), 'kind 11'],
    ['no JSON', (one) => one.octets(kinds.ask, 0, Buffer.from([0, 0, 0, 1, 123])), 'JSON'],
    ['a text that is not there', (one) => one.octets(kinds.ask, 0, Buffer.from([0, 0, 9, 0, 1])), 'shorter'],
    ['a question without a name', (one) => one.send(kinds.ask, 0, {}), 'expected a text'],
    ['no id', (one) => one.send(kinds.begin, 0, { id: '../../etc/passwd' }), 'an id out of order'],
    [
      'an id twice',
      (one) => {
        one.send(kinds.begin, 0, { id: ids[0] })
        one.send(kinds.begin, 1, { id: ids[0] })
      },
      'an id out of order',
    ],
    [
      'more content than the window',
      (one) => {
        one.send(kinds.begin, 0, { id: ids[0] })
        one.octets(kinds.content, 0, new Uint8Array(65_537))
      },
      'more content',
    ],
    [
      'more drafts than the limit',
      (one) => {
        for (const [at, id] of ids.entries()) one.send(kinds.begin, at, { id })
      },
      'a draft too many',
    ],
  ])('is told and cut off: %s', async (_, run, because) => {
    const { path, events, store } = await scene({ drafts: 2 })
    const other = await connected(path)
    const one = await welcomeGuest(path)
    run(one)
    expect(await one.farewell).toContain(because)
    expect(events[0]).toContain(because)
    await put(other, 100)
    expect((await store.stats()).messages).toBe(1)
  })

  it.each([
    ['an unknown operation', { op: 'drop' }],
    ['no limit', { op: 'due' }],
    ['a commit of nothing', { op: 'commit', draft: 7, envelope: { reversePath: '', parameters: [], recipients: [] } }],
    ['an envelope that is none', { op: 'commit', draft: 0, envelope: { reversePath: '' }, options: {} }],
    ['a settlement of an unknown kind', { op: 'settle', settlements: [{ lease: {}, recipients: [] }] }],
    ['a report whose octets are missing', settlementOf(100)],
    ['a filter of a wrong type', { op: 'scan', filter: { state: 7 } }],
  ])('whose question makes no sense is told so, and may go on: %s', async (_, question) => {
    const { path } = await scene()
    const one = await welcomeGuest(path)
    one.send(kinds.ask, 1, question)
    expect(openParcel((await one.next(kinds.failure)).body).value).toMatchObject({ code: 'QUEUE_MISUSE' })
    one.send(kinds.ask, 2, { op: 'stats' })
    expect((await one.next(kinds.answer)).number).toBe(2)
  })

  it('is cut off when it says nothing, or half a word, or does not read', async () => {
    const { path, events } = await scene({ stallMs: 40 })
    expect(await (await guest(path)).farewell).toContain('introduced')
    const half = await welcomeGuest(path)
    half.socket.write(Buffer.from([0, 0, 1, 0, kinds.ask]))
    expect(await half.farewell).toContain('did not come to its end')
    const deaf = await welcomeGuest(path)
    deaf.socket.pause()
    const writer = await connected(path)
    await put(writer, 100)
    // Answers of some megabytes, which nobody takes.
    for (let n = 0; n < 20_000; n++) deaf.send(kinds.ask, n, { op: 'scan', filter: {} })
    await until(() => events.some((event) => event.includes('does not read')))
    await put(writer, 100)
  })

  it('is let be when it has nothing to say between its words', async () => {
    const { path } = await scene({ stallMs: 20 })
    const quiet = await connected(path)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await put(quiet, 10)
  })

  it('is sent away when there are too many, and others find a place later', async () => {
    const { path } = await scene({ connections: 1 })
    const first = await connected(path)
    await expect(connected(path, { connectMs: 0 })).rejects.toMatchObject({
      code: 'QUEUE_STORE_FAILED',
      message: expect.stringContaining('more than 1 connections'),
    })
    const second = connected(path)
    await first.close()
    await put(await second, 10)
  })
})

describe('versions', () => {
  it.each([
    ['another protocol', { errand: 'queue', protocol: protocolVersion + 1 }],
    ['another errand', { errand: 'deliveries', protocol: protocolVersion, capacity: 1 }],
  ])('%s is told what is spoken here', async (_, hello) => {
    const { path } = await scene()
    const one = await guest(path)
    one.send(kinds.hello, 0, hello)
    expect(openParcel((await one.next(kinds.bye)).body).value).toMatchObject({
      code: 'QUEUE_FORMAT',
      detail: { found: `queue ${protocolVersion}` },
    })
    expect(await one.farewell).toContain('the guest')
  })
})

describe('large frames', () => {
  it('share memory: those who find none wait, and none is lost', async () => {
    const { path, store } = await scene({ frameOctets: 4_000_000, memoryOctets: 4_000_000 })
    const clients = [await connected(path), await connected(path), await connected(path)]
    const report = { envelope: envelope(), content: new Uint8Array(3_000_000).fill(66) }
    const leases = await Promise.all(
      clients.map(async (client, at) => {
        const draft = client.draft()
        const [lease] = (await draft.commit(envelope(`d${at}.example`), { lease: { holder: 'x', duration: 60_000 } }))
          .leases
        if (lease === undefined) throw new Error('no lease')
        return lease
      }),
    )
    const results = await Promise.all(
      clients.map((client, at) => {
        const lease = leases[at]
        if (lease === undefined) throw new Error('no lease')
        return client.settle([{ lease, recipients: [{ index: 0, kind: 'delivered' }], spawn: [report] }])
      }),
    )
    expect(results.flat().map(({ kind }) => kind)).toEqual(['settled', 'settled', 'settled'])
    expect((await store.stats()).messages).toBe(3)
    const [client] = clients
    const tooLarge = { envelope: envelope(), content: new Uint8Array(4_000_000) }
    await expect(
      client?.settle([{ lease: leases[0] as never, recipients: [], spawn: [tooLarge] }]),
    ).rejects.toMatchObject({ code: 'QUEUE_MISUSE' })
  })

  it('are refused by limits that cannot be kept', async () => {
    const store = await memoryStore()
    for (const limits of [{ memoryOctets: 1 }, { windowOctets: 65_536 }])
      await expect(served({ path: join(place(), 'q'), store, limits })).rejects.toMatchObject({ code: 'QUEUE_MISUSE' })
  })
})

function envelope(destination = 'a.example') {
  const recipients = [{ address: `r@${destination}`, parameters: [], destination }]
  return { reversePath: '', parameters: [], recipients }
}

function settlementOf(content: number) {
  const lease = { id: ids[0], destination: 'a.example', fence: 1 }
  return { op: 'settle', settlements: [{ lease, recipients: [], spawn: [{ envelope: envelope(), content }] }] }
}
