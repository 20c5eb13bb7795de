import { describe, expect, it } from 'vitest'
import { heard, hosts, rig, run, session } from './rig.ts'

describe('the limits of sessions', () => {
  const silent = 'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\n-- closed'

  it.each([
    [{ mailMs: 20_000 }, 20_000],
    [{}, 300_000],
  ])('are those given, else the standard\u2019s: %o', async (sessionLimits, time) => {
    const made = await rig({ sessionLimits })
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', silent)
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await made.clock.advance(time - 1)
    expect(made.lines('deferred')).toEqual([])
    await made.clock.advance(1)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.4.2', because: expect.stringContaining('in time') }])
    await mx.done()
  })
})

describe('many recipients', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `r${n}@there.example`)
  const oks = (count: number): string[] => Array.from({ length: count }, () => '250 ok')

  it('sends no more in one transaction than the limit says', async () => {
    const made = await rig({ limits: { recipients: 3 } })
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session({ transactions: [3, 3, 1].map((count) => ({ rcpt: oks(count) })) }))
    await made.put({ to: names(7) })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 7, queued: 0 })
    await made.clock.advance(5_000)
    expect((await mx.done()).flatMap(heard)).toEqual(names(7))
  })

  it.each(['452 too many recipients', '452 4.5.3 too many', '552 5.5.3 too many', '552 too many'])(
    'sends the rest in a further transaction after %s',
    async (reply) => {
      const made = await rig()
      hosts(made.zone, 'there.example', '192.0.2.1')
      const transactions = [{ rcpt: [...oks(2), reply, reply] }, { rcpt: oks(2) }]
      const mx = made.peer('192.0.2.1', session({ transactions }))
      await made.put({ to: names(4) })
      await run(made)
      expect(await made.store.stats()).toMatchObject({ relayed: 4, queued: 0 })
      await made.clock.advance(5_000)
      await mx.done()
    },
  )

  it.each([
    ['452 4.2.2 mailbox full', { queued: 1, failed: 0 }],
    ['552 5.2.2 mailbox full', { queued: 0, failed: 1 }],
  ])('takes %s for what it says', async (reply, stats) => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    made.peer('192.0.2.1', session({ transactions: [{ rcpt: ['250 ok', reply] }] }))
    await made.put({ from: '', to: names(2) })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 1, ...stats })
  })

  it('fails a full mailbox of which 552 is all that is said, once no others come before it', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const full = '552 quota exceeded'
    const mx = made.peer(
      '192.0.2.1',
      session({ transactions: [{ rcpt: ['250 ok', full, '250 ok', full] }, { rcpt: [full, full] }] }),
    )
    await made.put({ from: '', to: names(4) })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 2, failed: 2, queued: 0 })
    await made.clock.advance(5_000)
    await mx.done()
  })

  it.each(['452 too many', '552 5.5.3 too many'])('does not go round in circles where all hear %s', async (reply) => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session({ transactions: [{ rcpt: [reply, reply] }] }))
    await made.put({ to: names(2) })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ queued: 2 })
    await made.clock.advance(5_000)
    await mx.done()
  })
})

describe('sessions', () => {
  const twice = session({ transactions: [{}, {}] })

  it('are used again for the next message, then left', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', twice)
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await made.put({ to: ['b@there.example'] })
    await run(made)
    await made.clock.advance(5_000)
    expect(mx.count).toBe(1)
    expect((await mx.done()).flatMap(heard)).toEqual(['a@there.example', 'b@there.example'])
  })

  it('are asked whether they live after a second', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const lines = twice.split('\n')
    const second = lines.lastIndexOf('C: MAIL FROM:<*>*')
    const mx = made.peer(
      '192.0.2.1',
      [...lines.slice(0, second), 'C: RSET', 'S: 250 ok', ...lines.slice(second)].join('\n'),
    )
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await made.clock.advance(2_000)
    await made.put({ to: ['b@there.example'] })
    await run(made)
    await made.clock.advance(5_000)
    expect(mx.count).toBe(1)
    await mx.done()
    expect(await made.store.stats()).toMatchObject({ relayed: 2 })
  })

  it.each([
    ['ended it meanwhile', '-- destroy', 0],
    ['says 421 when the next message comes', 'C: MAIL *\nS: 421 idle too long', 0],
    ['does not answer the question', 'C: RSET\n-- destroy', 2_000],
  ])('are replaced at the same address where the server %s', async (_, end, wait) => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
    const first = made.peer('192.0.2.1', `${session({ quit: false })}\n${end}`, session())
    const second = made.peer('192.0.2.2', session())
    await made.put({ to: ['a@there.example'] })
    await run(made)
    await made.clock.advance(wait)
    await made.put({ to: ['b@there.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ relayed: 2 })
    expect([first.count, second.count]).toEqual([2, 0])
  })

  it('at another host of the same preference are used rather than a new one', async () => {
    const made = await rig()
    const exchanges = [1, 2, 3, 4].map((n) => `mx${n}.there.example`)
    made.zone.set('there.example', { MX: exchanges.map((exchange) => ({ preference: 10, exchange })) })
    const peers = exchanges.map((exchange, at) => {
      made.zone.set(exchange, { A: [`192.0.2.${at}`] })
      return made.peer(`192.0.2.${at}`, session({ transactions: Array.from({ length: 10 }, () => ({})) }))
    })
    for (let n = 0; n < 10; n++) {
      await made.put({ to: ['a@there.example'] })
      await run(made)
    }
    expect(await made.store.stats()).toMatchObject({ relayed: 10 })
    expect(peers.reduce((sum, { count }) => sum + count, 0)).toBe(1)
  })

  it('at a host of a worse preference are not', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
    const first = made.peer('192.0.2.1', 'S: 450 busy', session())
    const second = made.peer('192.0.2.2', session())
    for (let n = 0; n < 2; n++) {
      await made.put({ to: ['a@there.example'] })
      await run(made)
    }
    expect([first.count, second.count]).toEqual([2, 1])
    expect(made.lines('relayed')).toMatchObject([
      { peer: { address: '192.0.2.2' } },
      { peer: { address: '192.0.2.1' } },
    ])
  })

  it('end after so many transactions', async () => {
    const made = await rig({ limits: { transactionsPerSession: 2 } })
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', twice, session())
    for (const name of ['a', 'b', 'c']) {
      await made.put({ to: [`${name}@there.example`] })
      await run(made)
    }
    expect(made.delivery.snapshot().idleSessions).toBe(1)
    await made.clock.advance(5_000)
    expect(await mx.done()).toHaveLength(2)
  })

  it('wait in bounded number, the longest idle leave first', async () => {
    const made = await rig({ limits: { idleSessions: 2 } })
    const peers = [1, 2, 3].map((n) => {
      hosts(made.zone, `d${n}.example`, `192.0.2.${n}`)
      return made.peer(`192.0.2.${n}`, session())
    })
    for (const n of [1, 2, 3]) {
      await made.put({ to: [`a@d${n}.example`] })
      await run(made)
    }
    expect(made.delivery.snapshot().idleSessions).toBe(2)
    await peers[0]?.done()
    expect(made.network.connections).toBe(2)
    await made.scheduler.stop()
    await made.delivery.close()
    expect(made.network.connections).toBe(0)
    expect(made.clock.timers).toBe(0)
  })
})
