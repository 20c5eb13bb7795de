import type { QueueId } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { visible } from '../src/command/console.ts'
import { details, summary } from '../src/queue/view.ts'
import { createRig } from './rig.ts'

const minute = 60_000

describe.each([
  ['through the server', true],
  ['where none runs', false],
])('a queue looked at %s', (_, running) => {
  it('is listed, as a filter has it', async () => {
    const rig = await createRig(running)
    expect(await rig.queue('list')).toEqual({ code: 0, out: ['no messages'], err: [] })
    expect((await rig.queue('list', '--json')).out).toEqual(['[]'])
    const old = await rig.put(['a@a.test'], { source: '192.0.2.7', priority: 3 })
    await rig.clock.advance(120 * minute)
    const ids = [old, await rig.put(['b@b.test', 'c@c.test']), await rig.put(['b@b.test'], { sender: 'bob' })]
    expect((await rig.queue('list')).out).toEqual([
      `${ids[0]}  2026-11-25T12:00:00.000Z  26 octets  from <ada@far.test>  priority 3`,
      '  <a@a.test>  queued, due now',
      `${ids[1]}  2026-11-25T14:00:00.000Z  26 octets  from <ada@far.test>`,
      '  <b@b.test>  queued, due now',
      '  <c@c.test>  queued, due now',
      `${ids[2]}  2026-11-25T14:00:00.000Z  26 octets  from <ada@far.test>`,
      '  <b@b.test>  queued, due now',
      '3 messages',
    ])
    const listed = async (filter: string): Promise<QueueId[]> =>
      JSON.parse((await rig.queue('list', '--json', '--filter', filter)).out.join('')).map(
        ({ id }: { id: QueueId }) => id,
      )
    expect(await listed('destination=B.Test')).toEqual(ids.slice(1))
    expect(await listed('to=c@c.test')).toEqual([ids[1]])
    expect(await listed('sender=bob')).toEqual([ids[2]])
    expect(await listed('sender=far.test')).toEqual(ids.slice(0, 2))
    expect(await listed('source=192.0.2.7')).toEqual([ids[0]])
    expect(await listed('older=1h')).toEqual([ids[0]])
    expect(await listed('newer=1h')).toEqual(ids.slice(1))
    expect(await listed('from=')).toEqual([])
    expect(await listed('state=deferred')).toEqual([])
  })

  it('is counted', async () => {
    const rig = await createRig(running)
    expect((await rig.queue('count')).out).toEqual(['no messages'])
    await rig.put(['a@a.test'], { source: '192.0.2.7' })
    await rig.clock.advance(120 * minute)
    await rig.put(['b@b.test', 'c@b.test'], { from: '' })
    expect((await rig.queue('count')).out).toEqual([
      'messages  recipients  oldest  destination',
      '       1           2  0s ago  b.test',
      '       1           1  2h ago  a.test',
    ])
    expect((await rig.queue('count', '--by', 'age')).out.slice(1)).toEqual([
      '       1           2  0s ago  under 5m',
      '       1           1  2h ago  under 4h',
    ])
    expect((await rig.queue('count', '--by', 'sender')).out.slice(1)).toEqual([
      '       1           2  0s ago  <>',
      '       1           1  2h ago  far.test',
    ])
    expect((await rig.queue('count', '--by', 'source', '--filter', 'state=queued')).out.slice(1)).toEqual([
      '       1           2  0s ago  unknown',
      '       1           1  2h ago  192.0.2.7',
    ])
    const [json = ''] = (await rig.queue('count', '--by', 'state', '--json', '--filter', 'to=c@b.test')).out
    expect(JSON.parse(json)).toEqual({
      counts: [{ of: 'queued', messages: 1, recipients: 1, oldest: rig.clock.now() }],
      more: 0,
      corrupt: 0,
    })
  })

  it('is counted by what there is much of, and no further than can be read', async () => {
    const rig = await createRig(running)
    for (let at = 0; at < 1_002; at++) await rig.put([`x@d${at}.test`])
    await rig.put(['x@d7.test'])
    const { out } = await rig.queue('count')
    expect([out.length, out[1], out.at(-1)]).toEqual([1_002, '       2           2  0s ago  d7.test', 'and 2 more'])
  })

  it('shows one message, with what came of its attempts', async () => {
    const rig = await createRig(running)
    const id = await rig.put(['a@a.test', 'b@b.test'], { source: '192.0.2.7' })
    const [lease] = await rig.store.lease({ destination: 'a.test', holder: 'h', duration: minute, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    const reply = { code: 450, status: '4.7.1', text: ['later\u001b[0m', 'or never'], peer: 'mx.a.test' }
    const deferred = { index: 0, kind: 'deferred', delay: 90_000, because: 'greylisted', reply } as const
    await rig.store.settle([{ lease, recipients: [deferred] }])
    await rig.clock.advance(30_000)
    expect((await rig.queue('list')).out[1]).toBe('  <a@a.test>  deferred, next attempt in 1m: greylisted')
    expect((await rig.queue('show', id)).out).toEqual([
      `id:        ${id}`,
      'accepted:  2026-11-25T12:00:00.000Z, 30s ago',
      'size:      26 octets',
      'priority:  0',
      'from:      <ada@far.test>',
      'sender:    far.test',
      'source:    192.0.2.7',
      'to:        <a@a.test>  deferred, next attempt in 1m: greylisted',
      '           destination a.test, attempts 1, the last 30s ago',
      '           mx.a.test said 450 4.7.1 later\\u{1b}[0m',
      '           mx.a.test said 450 4.7.1 or never',
      'to:        <b@b.test>  queued, due now',
      '           destination b.test, attempts 0',
    ])
    expect(JSON.parse((await rig.queue('show', id, '--json')).out.join(''))).toMatchObject({ id, sender: 'far.test' })
    for (const other of ['', '0', '0'.repeat(22), 'z'.repeat(22)])
      expect(await rig.queue('show', other)).toEqual({
        code: 65,
        out: [],
        err: [`station queue: there is no message ${other} in the queue`],
      })
  })

  it('tells its counts', async () => {
    const rig = await createRig(running)
    await rig.put(['a@a.test', 'b@b.test'])
    expect((await rig.queue('stats')).out).toEqual([
      'messages:  1',
      'accepted:  2',
      'delivered: 0',
      'relayed:   0',
      'expanded:  0',
      'failed:    0',
      'expired:   0',
      'removed:   0',
      'queued:    2',
      'held:      0',
      'corrupt:   0',
    ])
  })
})

describe('what the terminal is shown', () => {
  it('is never what a peer wants it to obey', () => {
    expect(visible('a\u001b[2J\r\n\u009b\u202e\u2028é中')).toBe('a\\u{1b}[2J\\u{d}\\u{a}\\u{9b}\\u{202e}\\u{2028}é中')
    expect(visible('x'.repeat(600))).toHaveLength(503)
  })

  it('tells the time of a future release, which `early` ends', async () => {
    const rig = await createRig(true)
    const notBefore = rig.clock.now() + 60 * minute
    const id = await rig.put(['x@later.test'], { notBefore })
    const lines = async () => [...summary(await rig.entry(id), rig.clock.now())]
    const standing = `<x@later.test>  queued, not before ${new Date(notBefore).toISOString()}`
    expect(await lines()).toContain(`  ${standing}`)
    expect([...details(await rig.entry(id), rig.clock.now())]).toContain(`to:        ${standing}`)
    await rig.queue('release', id)
    expect(await lines()).toContain(`  ${standing}`)
    await rig.queue('release', id, '--early')
    expect(await lines()).toContain('  <x@later.test>  queued, due now')
  })

  it('says what is corrupt', () => {
    const corrupt = { kind: 'corrupt', id: 'c', because: 'checksum' } as const
    expect([...summary(corrupt, 0)]).toEqual(['c  CORRUPT  checksum'])
    expect([...details(corrupt, 0)]).toEqual(['c  CORRUPT  checksum'])
  })
})
