import type { QueueStore } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { createRig, type Rig } from './rig.ts'

const minute = 60_000

async function states(rig: Rig): Promise<Record<string, string>> {
  const all: Record<string, string> = {}
  for await (const entry of rig.store.scan())
    if (entry.kind === 'message')
      for (const { address, destination, state } of entry.recipients) all[address] = `${state} for ${destination}`
  return all
}

async function lease({ store }: { readonly store: QueueStore }, destination: string) {
  const [one] = await store.lease({ destination, holder: 'h', duration: minute, limit: 1 })
  if (one === undefined) throw new Error('no lease')
  return one
}

describe.each([
  ['through the server', true],
  ['where none runs', false],
])('a queue changed %s', (_, running) => {
  it('is held and released, by ids, by filter, or all of it', async () => {
    const rig = await createRig(running)
    const ids = [await rig.put(['a@a.test']), await rig.put(['b@b.test', 'c@b.test']), await rig.put(['d@d.test'])]
    expect(await rig.queue('hold', ids[0] ?? '', '--because', 'a closer look')).toEqual({
      code: 0,
      out: [`${ids[0]}  1 recipient`, 'hold: 1 message'],
      err: [],
    })
    expect((await rig.entry(ids[0] as never)).recipients[0]?.because).toBe('a closer look')
    expect((await rig.queue('hold', '--filter', 'destination=b.test')).out).toEqual([
      `${ids[1]}  2 recipients`,
      'hold: 1 message',
    ])
    expect(await states(rig)).toEqual({
      'a@a.test': 'held for a.test',
      'b@b.test': 'held for b.test',
      'c@b.test': 'held for b.test',
      'd@d.test': 'queued for d.test',
    })
    expect((await rig.queue('release', '--all')).out.at(-1)).toBe('release: 2 messages')
    expect(JSON.parse((await rig.queue('hold', '--all', '--json')).out.join('\n'))).toEqual([
      { id: ids[0], recipients: 1 },
      { id: ids[1], recipients: 2 },
      { id: ids[2], recipients: 1 },
    ])
  })

  it('is changed for one recipient of one message', async () => {
    const rig = await createRig(running)
    const id = await rig.put(['a@a.test', 'b@b.test', 'c@b.test'])
    await rig.put(['b@b.test'], { sender: 'other' })
    const { out } = await rig.queue('remove', id, '--filter', 'to=b@b.test')
    expect(out).toEqual([`${id}  1 recipient`, 'remove: 1 message'])
    expect((await rig.entry(id)).recipients.map(({ state }) => state)).toEqual(['queued', 'removed', 'queued'])
    expect(await rig.store.stats()).toMatchObject({ messages: 2, removed: 1 })
  })

  it('is tried again now, but for what is held', async () => {
    const rig = await createRig(running)
    const [waits, held] = [await rig.put(['a@a.test']), await rig.put(['b@a.test'])]
    const work = await lease(rig, 'a.test')
    const recipients = [{ index: 0, kind: 'deferred', delay: 90 * minute, because: 'busy' }] as const
    await rig.store.settle([{ lease: work, recipients }])
    await rig.queue('hold', held)
    const told = [`${waits}  1 recipient`, 'retry: 1 message', 'left alone: 1 held message; see queue release']
    for (const which of [['--all'], [waits, held], ['--filter', 'destination=a.test']])
      expect(await rig.queue('retry', ...which)).toEqual({ code: 0, out: told, err: [] })
    expect((await rig.queue('retry', '--filter', 'state=deferred')).out).toEqual(told.slice(0, 2))
    expect((await rig.entry(waits)).recipients[0]).toMatchObject({ state: 'deferred', nextAttempt: rig.clock.now() })
  })

  it('loses messages in silence, or with word to their senders', async () => {
    const rig = await createRig(running)
    const [silent, told] = [await rig.put(['a@a.test']), await rig.put(['b@b.test'])]
    const removed = { code: 0, out: [`${silent}  1 recipient`, 'remove: 1 message'], err: [] }
    expect(await rig.queue('remove', silent)).toEqual(removed)
    expect((await rig.queue('remove', told, '--notify')).out).toEqual([`${told}  1 recipient`, 'remove: 1 message'])
    const { recipients } = await lease(rig, 'b.test')
    expect(recipients).toMatchObject([{ bounce: 'no reason was given' }])
    const other = await rig.put(['c@c.test'])
    await rig.queue('remove', other, '--notify', '--because', 'spam')
    expect((await lease(rig, 'c.test')).recipients).toMatchObject([{ bounce: 'spam' }])
    expect(await rig.store.stats()).toMatchObject({ messages: 2, removed: 1, queued: 2 })
  })

  it('sends mail elsewhere, as mail to that domain goes', async () => {
    const rig = await createRig(running)
    await rig.put(['a@a.test'])
    expect((await rig.queue('reroute', '--all', '--to', 'Relay.Test')).out.at(-1)).toBe('reroute: 1 message')
    expect(await states(rig)).toEqual({ 'a@a.test': 'queued for relay.test' })
    await rig.queue('reroute', '--filter', 'destination=relay.test', '--to', 'here.test')
    expect((await states(rig))['a@a.test']).toBe('queued for local:here.test')
  })

  it('names ids that are not there', async () => {
    const rig = await createRig(running)
    const [id, held] = [await rig.put(['a@a.test']), await rig.put(['b@b.test'])]
    await rig.queue('hold', held)
    expect(await rig.queue('hold', 'none', id, 'nobody', held)).toEqual({
      code: 65,
      out: [`${id}  1 recipient`, 'hold: 1 message'],
      err: [
        'station queue: there is no message none in the queue',
        'station queue: there is no message nobody in the queue',
      ],
    })
  })
})

describe('a change', () => {
  it('takes any number of ids, in portions, and tells how far it is', async () => {
    const rig = await createRig(true)
    const ids: string[] = []
    for (let count = 0; count < 10_001; count++) ids.push(await rig.put(['a@a.test']))
    const { code, out, err } = await rig.queue('hold', ...ids)
    expect([code, out.length, out.at(-1), err]).toEqual([
      0,
      10_002,
      'hold: 10001 messages',
      ['station queue: hold: 10000 messages so far'],
    ])
    expect(await rig.store.stats()).toMatchObject({ held: 10_001 })
  })

  it('of where it goes comes too late for what is under way', async () => {
    const rig = await createRig(true)
    await rig.put(['a@a.test'])
    await rig.put(['b@b.test'])
    await lease(rig, 'b.test')
    const { out } = await rig.queue('reroute', '--all', '--to', 'relay.test')
    expect(out.slice(1)).toEqual(['reroute: 1 message', 'left alone: 1 message being delivered'])
    expect(await states(rig)).toEqual({ 'a@a.test': 'queued for relay.test', 'b@b.test': 'leased for b.test' })
  })

  it('is logged, message by message, with what it was', async () => {
    const rig = await createRig(true)
    const id = await rig.put(['a@a.test'])
    await rig.queue('hold', id, '--because', 'so')
    await rig.queue('reroute', id, '--to', 'b.test')
    expect(rig.log).toEqual([
      { event: 'queue-changed', id, change: 'hold', because: 'so', recipients: 1 },
      { event: 'queue-changed', id, change: 'reroute', destination: 'b.test', recipients: 1 },
    ])
  })

  it('of what is corrupt can only be its removal', async () => {
    const corrupt = { kind: 'corrupt', id: 'broken', because: 'checksum' } as const
    const rig = await createRig(true)
    const { store } = rig
    store.scan = async function* () {
      yield corrupt
    }
    expect(await rig.queue('hold', 'broken')).toMatchObject({
      code: 65,
      err: ['station queue: message broken is corrupt: checksum'],
    })
    expect(await rig.queue('explain', 'broken')).toMatchObject({
      code: 65,
      err: ['station queue: message broken is corrupt: checksum'],
    })
  })
})
