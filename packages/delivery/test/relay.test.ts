import { describe, expect, it } from 'vitest'
import { contents, heard, hosts, type Rig, type RigOptions, rig, run, session } from './rig.ts'

const outcomes = ['delivered', 'relayed', 'deferred', 'failed']

/** A rig with two mail hosts for there.example. */
async function two(options: RigOptions = {}): Promise<Rig> {
  const made = await rig(options)
  hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
  return made
}

describe('relaying', () => {
  it('sends one message to the recipients of a destination in one transaction', async () => {
    const made = await rig()
    const { zone, peer, put, store, lines, clock, delivery } = made
    hosts(zone, 'there.example', '192.0.2.1')
    const mx = peer('192.0.2.1', session({ transactions: [{ rcpt: ['250 ok', '250 ok'], end: '250 2.0.0 as 1234' }] }))
    await put({ to: ['a@there.example', 'b@there.example'] })
    await run(made)
    expect(await store.stats()).toMatchObject({ relayed: 2, queued: 0, messages: 0 })
    expect(lines(...outcomes)).toMatchObject([
      {
        recipient: 'a@there.example',
        destination: 'there.example',
        attempts: 1,
        delayMs: 0,
        peer: { host: 'mx1.there.example', address: '192.0.2.1', port: 25 },
        tls: undefined,
        reply: { code: 250, status: '2.0.0', text: ['as 1234'], peer: 'mx1.there.example' },
      },
      { recipient: 'b@there.example' },
    ])
    expect(delivery.snapshot()).toEqual({ active: 0, idleSessions: 1 })
    await clock.advance(5_000)
    expect(delivery.snapshot()).toEqual({ active: 0, idleSessions: 0 })
    const reports = await mx.done()
    expect(reports.flatMap(heard)).toEqual(['a@there.example', 'b@there.example'])
    expect(contents(reports)).toEqual(['Subject: hello\r\n\r\nHello.\r\n'])
  })

  it.each([
    ['does not answer', ''],
    ['greets with 4xx', 'S: 450 4.3.2 busy'],
    ['greets with 5xx', 'S: 554 5.3.2 no mail here'],
    ['refuses the hello', 'S: 220 mx.test\nC: EHLO *\nS: 421 no'],
    ['says what is no reply', 'S: HTTP/1.1 400 Bad Request'],
    ['ends after MAIL', 'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\n-- destroy'],
    ['says 421 to RCPT', 'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\nS: 250 ok\nC: RCPT *\nS: 421 bye'],
    [
      'ends before the dot',
      'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\n-- destroy',
    ],
  ])('goes to the next host when the first %s', async (_, first) => {
    const made = await two()
    if (first !== '') made.peer('192.0.2.1', first)
    const second = made.peer('192.0.2.2', session())
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 1 })
    expect(made.lines(...outcomes)).toMatchObject([{ peer: { address: '192.0.2.2' } }])
    await made.clock.advance(5_000)
    await second.done()
  })

  it('gives up at once where every host refuses for good, but not while one could not say', async () => {
    const made = await two()
    made.peer('192.0.2.1', 'S: 521 5.3.2 no mail here')
    const second = made.peer('192.0.2.2', 'S: 450 busy', 'S: 554 no')
    await made.put({ from: '', to: ['a@there.example'] })
    await run(made)
    expect(made.lines(...outcomes)).toMatchObject([{ status: '4.2.0', reply: { code: 450 } }])
    await made.clock.advance(300_000)
    expect(made.lines('failed')).toMatchObject([{ status: '5.0.0', reply: { code: 554 }, attempts: 2 }])
    await made.clock.advance(86_400_000)
    expect(second.count).toBe(2)
  })

  it('asks no other host about what a host said to a recipient', async () => {
    const made = await two()
    made.peer('192.0.2.1', session({ transactions: [{ rcpt: ['550 5.1.1 nobody', '450 4.2.0 later'] }] }))
    const second = made.peer('192.0.2.2', session())
    await made.put({ from: '', to: ['never@there.example', 'later@there.example'] })
    await run(made)
    expect(made.lines('failed')).toMatchObject([{ recipient: 'never@there.example', status: '5.1.1' }])
    expect(made.lines('deferred')).toMatchObject([{ recipient: 'later@there.example', retryMs: 300_000 }])
    expect(second.count).toBe(0)
  })

  it('takes only those not settled to the next host', async () => {
    const made = await two()
    const first = [
      ...['S: 220 mx.test', 'C: EHLO *', 'S: 250 mx.test', 'C: MAIL *', 'S: 250 ok', 'C: RCPT *', 'S: 550 5.1.1 no'],
      ...['C: RCPT *', 'S: 250 ok', 'C: DATA', 'S: 421 4.3.2 going down'],
    ]
    made.peer('192.0.2.1', first.join('\n'))
    const second = made.peer('192.0.2.2', session())
    await made.put({ from: '', to: ['a@there.example', 'b@there.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 1, failed: 1, queued: 0 })
    await made.clock.advance(5_000)
    expect((await second.done()).flatMap(heard)).toEqual(['b@there.example'])
  })

  it('does not know after a cut behind the dot, tries no other host then, and sends again later', async () => {
    const made = await two()
    const cut = [
      ...['S: 220 mx.test', 'C: EHLO *', 'S: 250 mx.test', 'C: MAIL *', 'S: 250 ok', 'C: RCPT *', 'S: 250 ok'],
      ...['C: DATA', 'S: 354 go', 'C: ...', '-- destroy'],
    ]
    const first = made.peer('192.0.2.1', cut.join('\n'), session())
    const second = made.peer('192.0.2.2', session())
    await made.put({ to: ['a@there.example'] })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.4.2', because: expect.stringContaining('twice') }])
    expect(second.count).toBe(0)
    await made.clock.advance(310_000)
    expect(await made.store.stats()).toMatchObject({ relayed: 1, messages: 0 })
    expect(contents(await first.done())).toHaveLength(2)
  })

  it('tries no more addresses and sessions than the limits say', async () => {
    const made = await rig({ limits: { addresses: 3, sessions: 2 } })
    const addresses = [1, 2, 3, 4].map((n) => `192.0.2.${n}`)
    hosts(made.zone, 'dead.example', ...addresses)
    const dead = addresses.map((address) => made.peer(address, 'S: 450 busy'))
    hosts(made.zone, 'lossy.example', ...addresses.map((_, at) => `198.51.100.${at}`))
    const lossy = addresses.map((_, at) =>
      made.peer(`198.51.100.${at}`, 'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\nS: 421 bye'),
    )
    await made.put({ to: ['a@dead.example', 'a@lossy.example'] })
    await run(made)
    expect(dead.map(({ count }) => count)).toEqual([1, 1, 1, 0])
    expect(lossy.map(({ count }) => count)).toEqual([1, 1, 0, 0])
  })

  it('tells a loop from the greeting, and defers while a better host is unreachable', async () => {
    const made = await two()
    hosts(made.zone, 'loop.example', '192.0.2.3')
    made.peer('192.0.2.2', 'S: 220 us.example ESMTP\nC: EHLO *\nS: 250 us.example\nC: QUIT\nS: 221 bye')
    made.peer('192.0.2.3', 'S: 220 US.example\nC: EHLO *\nS: 250 us.example\nC: QUIT\nS: 221 bye')
    await made.put({ from: '', to: ['a@there.example', 'a@loop.example'] })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ destination: 'there.example', status: '4.4.1' }])
    expect(made.lines('failed')).toMatchObject([{ destination: 'loop.example', status: '5.4.6' }])
  })

  it('settles without a connection what DNS decides', async () => {
    const made = await rig()
    made.zone.set('null.example', { MX: [{ preference: 0, exchange: '.' }] })
    made.zone.set('broken.example', { fails: 'servfail' })
    await made.put({ from: '', to: ['a@null.example', 'a@gone.example', 'a@broken.example'] })
    await run(made)
    expect(made.lines('failed')).toMatchObject([
      { destination: 'null.example', status: '5.1.10', reply: { code: 556 } },
      { destination: 'gone.example', status: '5.1.2' },
    ])
    expect(made.lines('deferred')).toMatchObject([{ destination: 'broken.example', status: '4.4.3' }])
    expect(made.network.connections).toBe(0)
  })

  it('sends what addresses it can, and fails the others', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session())
    await made.put({ from: '', to: ['bad address@there.example', '"good address"@there.example'] })
    await made.put({ from: 'not an address', to: ['a@there.example'] })
    await run(made)
    expect(made.lines('failed')).toMatchObject([{ status: '5.1.7' }, { status: '5.1.3' }])
    await made.clock.advance(5_000)
    expect((await mx.done()).flatMap(heard)).toEqual(['"good address"@there.example'])
  })
})
