import { QueueError } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { contents, heard, hosts, type Rig, reported, rig, run, session } from './rig.ts'

const hour = 3_600_000
const day = 24 * hour

describe('reports to the sender', () => {
  it('refused for good, for now, and taken: one bounce naming exactly the first, one retry, one delivery', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    hosts(made.zone, 'sender.example', '192.0.2.7')
    const mx = made.peer(
      '192.0.2.1',
      session({ transactions: [{ rcpt: ['550 5.1.1 no such user', '450 4.2.1 try later', '250 ok'] }] }),
      session(),
    )
    const home = made.peer('192.0.2.7', session())
    await made.put({ to: ['never@there.example', 'later@there.example', 'now@there.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ failed: 1, relayed: 2, queued: 1 })
    await made.clock.advance(300_000)
    expect(await made.store.stats()).toMatchObject({ failed: 1, relayed: 3, queued: 0, messages: 0 })
    await made.clock.advance(5_000)

    expect((await mx.done()).map(heard)).toEqual([
      ['never@there.example', 'later@there.example', 'now@there.example'],
      ['later@there.example'],
    ])
    const [bounce, ...more] = await home.done()
    expect(more).toEqual([])
    expect(bounce?.lines).toContain('MAIL FROM:<>')
    expect(bounce && heard(bounce)).toEqual(['ada@sender.example'])
    const [text = ''] = contents(bounce ? [bounce] : [])
    const about = reported(text)
    expect([...about.keys()]).toEqual(['never@there.example'])
    expect(Object.fromEntries(about.get('never@there.example') ?? [])).toMatchObject({
      Action: 'failed',
      Status: '5.1.1',
      'Remote-MTA': 'dns; mx1.there.example',
      'Diagnostic-Code': expect.stringMatching(/^smtp; 550.*no such user/),
    })
    expect(text).toContain('\r\nSubject: hello\r\n\r\nHello.\r\n')
    await made.clock.advance(6 * day)
    expect([mx.count, home.count]).toEqual([2, 1])
  })

  it('five days of a dead host: one notice of delay, one bounce, then silence', async () => {
    const made = await rig()
    hosts(made.zone, 'dead.example', '192.0.2.1')
    await made.put({ from: 'ada@here.example', to: ['a@dead.example', 'b@dead.example'] })
    await run(made)
    await made.clock.advance(4 * hour - 1)
    expect(made.mail).toEqual([])
    await made.clock.advance(2 * hour)
    expect(made.mail.map(({ item }) => item.address)).toEqual(['ada@here.example'])
    const notice = made.mail[0]?.text ?? ''
    expect([...reported(notice).keys()]).toEqual(['a@dead.example', 'b@dead.example'])
    expect(Object.fromEntries(reported(notice).get('a@dead.example') ?? [])).toMatchObject({
      Action: 'delayed',
      Status: '4.4.1',
      'Remote-MTA': 'dns; mx1.dead.example',
      'Diagnostic-Code': expect.stringMatching(/^x-reason; no connection to mx1/),
      'Will-Retry-Until': expect.anything(),
    })
    expect(notice).not.toContain('Hello.')
    await made.clock.advance(4 * day)
    expect(made.mail).toHaveLength(1)
    await made.clock.advance(2 * day)
    expect(made.mail).toHaveLength(2)
    const bounce = made.mail[1]?.text ?? ''
    expect(bounce).toMatch(/^Return-Path: <>\r\nDelivered-To: ada@here.example\r\n/)
    expect([...reported(bounce).keys()]).toEqual(['a@dead.example', 'b@dead.example'])
    expect(reported(bounce).get('b@dead.example')?.get('Status')).toBe('4.4.7')
    expect(bounce).toContain('Hello.')
    expect(await made.store.stats()).toMatchObject({ failed: 0, expired: 2, delivered: 2, queued: 0, messages: 0 })
    await made.clock.advance(10 * day)
    expect(made.mail).toHaveLength(2)
  })

  it('a dead host with many messages: each is told of and given up, though few are attempted', async () => {
    const made = await rig({ retry: { lifetimeMs: 6 * hour, warnAfterMs: 2 * hour } })
    hosts(made.zone, 'dead.example', '192.0.2.1')
    const count = 50
    for (let n = 0; n < count; n++) await made.put({ from: 'ada@here.example', to: [`r${n}@dead.example`] })
    await run(made)
    await made.clock.advance(5 * hour)
    expect(made.mail).toHaveLength(count)
    await made.clock.advance(8 * hour)
    expect(made.mail).toHaveLength(2 * count)
    const named = made.mail.slice(count).flatMap(({ text }) => [...reported(text).keys()])
    expect(new Set(named).size).toBe(count)
    expect(await made.store.stats()).toMatchObject({ failed: 0, expired: count, queued: 0, messages: 0 })
  })

  it('what is passed over keeps what the last attempt met, in the queue and in the report', async () => {
    const made = await rig({ retry: { lifetimeMs: 6 * hour, warnAfterMs: 2 * hour } })
    hosts(made.zone, 'dead.example', '192.0.2.1')
    for (let n = 0; n < 20; n++) await made.put({ from: 'ada@here.example', to: [`r${n}@dead.example`] })
    await run(made)
    await made.clock.advance(hour)
    expect(made.lines('not-attempted').length).toBeGreaterThan(0)
    const tried = new Set(made.lines('deferred').map(({ recipient }) => recipient))
    // A decision without an attempt leaves no trace in the queue.
    for (const { recipients } of await made.entries())
      for (const { address, because } of recipients)
        if (tried.has(address)) expect(because).toMatch(/192\.0\.2\.1/)
        else expect(because).toBeUndefined()
    await made.clock.advance(12 * hour)
    const lately = /could not be reached lately/
    for (const { text } of made.mail)
      for (const address of reported(text).keys())
        expect(text).toMatch(tried.has(address) ? /192\.0\.2\.1/ : /192\.0\.2\.1|could not be reached lately/)
    expect(made.mail.some(({ text }) => lately.test(text))).toBe(true)
  })

  it('what comes from nobody is told to nobody', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    hosts(made.zone, 'dead.example', '192.0.2.2')
    made.peer('192.0.2.1', session({ transactions: [{ rcpt: ['550 5.1.1 no'] }] }))
    await made.put({ from: '', to: ['a@there.example', 'a@dead.example'] })
    await run(made)
    await made.clock.advance(6 * day)
    expect(await made.store.stats()).toMatchObject({ accepted: 2, failed: 1, expired: 1, messages: 0 })
    expect(made.lines('double-bounce')).toMatchObject([
      { recipient: 'a@there.example', status: '5.1.1' },
      { recipient: 'a@dead.example', status: '4.4.7' },
    ])
    expect(made.settlements.every(({ spawn = [] }) => spawn.length === 0)).toBe(true)
  })

  it('a bounce that fails ends there', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    made.peer('192.0.2.1', session({ transactions: [{ rcpt: ['550 5.1.1 no'] }] }))
    await made.put({ from: 'nobody@gone.example', to: ['a@there.example'] })
    await run(made)
    expect(made.lines('failed')).toMatchObject([{ recipient: 'a@there.example' }, { recipient: 'nobody@gone.example' }])
    expect(made.lines('double-bounce')).toMatchObject([{ recipient: 'nobody@gone.example', status: '5.1.2' }])
    expect(await made.store.stats()).toMatchObject({ failed: 2, messages: 0 })
  })

  it('NOTIFY is heeded', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    hosts(made.zone, 'dead.example', '192.0.2.2')
    made.peer('192.0.2.1', session({ transactions: [{ rcpt: ['550 no', '550 no', '550 no'] }] }))
    const to = (name: string, domain: string, notify: string) => ({
      address: `${name}@${domain}`,
      parameters: [['NOTIFY', notify] as const],
    })
    await made.put({
      from: 'ada@here.example',
      to: [
        to('never', 'there.example', 'NEVER'),
        to('delay', 'there.example', 'DELAY'),
        to('failure', 'there.example', 'FAILURE,DELAY'),
        to('never', 'dead.example', 'NEVER'),
        to('failure', 'dead.example', 'FAILURE'),
        to('delay', 'dead.example', 'DELAY'),
      ],
    })
    await run(made)
    expect(made.mail.flatMap(({ text }) => [...reported(text).keys()])).toEqual(['failure@there.example'])
    await made.clock.advance(day)
    expect(made.mail.slice(1).flatMap(({ text }) => [...reported(text).keys()])).toEqual(['delay@dead.example'])
    await made.clock.advance(6 * day)
    expect(made.mail.slice(2).flatMap(({ text }) => [...reported(text).keys()])).toEqual(['failure@dead.example'])
  })

  it('returns no more of a large message than its header, and reports without content when there is none', async () => {
    const large = `Subject: large\r\nX-Note: kept\r\n\r\n${'0123456789\r\n'.repeat(30_000)}`
    for (const broken of [false, true]) {
      let source: Rig['store'] | undefined
      const made = await rig({
        store: {
          async *read(id) {
            if (broken) throw new QueueError('QUEUE_STORE_FAILED', 'no disk', { operation: 'read' })
            if (source !== undefined) yield* source.read(id)
          },
        },
      })
      source = made.store
      await made.put({ from: 'ada@here.example', to: ['a@gone.example'], content: large })
      await run(made)
      const spawned = made.settlements.flatMap(({ spawn = [] }) => spawn)
      expect(spawned).toHaveLength(1)
      const text = Buffer.from(spawned[0]?.content ?? []).toString('utf8')
      expect([...reported(text).keys()]).toEqual(['a@gone.example'])
      expect(text.includes('X-Note: kept')).toBe(!broken)
      expect(text).not.toContain('0123456789')
      expect(made.lines('content-unreadable')).toHaveLength(broken ? 1 : 0)
    }
  })

  it('a sender that cannot be told costs the report, not the outcome', async () => {
    const made = await rig()
    await made.put({ from: 'not an address', to: ['a@gone.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ failed: 1, messages: 0 })
    expect(made.lines('report-failed')).toMatchObject([{ to: 'not an address', actions: ['failed'] }])
  })
})
