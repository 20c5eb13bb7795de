import { describe, expect, it } from 'vitest'
import { contents, hosts, rig, run, session } from './rig.ts'

const refusesMail = 'S: 220 mx.test\nC: EHLO *\nS: 250 mx.test\nC: MAIL *\nS: 550 not you\nC: QUIT\nS: 221 bye'

describe('what a client remembers', () => {
  it('is not a refusal of MAIL: the next message is offered all the same', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', refusesMail, session())
    await made.put({ from: '', to: ['a@there.example'] })
    await run(made)
    await made.clock.advance(5_000)
    expect(await made.store.stats()).toMatchObject({ failed: 1 })
    await made.put({ from: '', to: ['a@there.example'] })
    await run(made)
    expect(await made.store.stats()).toMatchObject({ failed: 1, relayed: 1 })
    expect(mx.count).toBe(2)
  })
})

describe('a relayed message', () => {
  it('goes with the sender and recipient as they came, case and all', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session())
    await made.put({ from: 'aDA@Sender.example', to: ['Bob.SMITH@There.Example'] })
    await run(made)
    await made.clock.advance(5_000)
    const [report] = await mx.done()
    expect(report?.lines).toContain('MAIL FROM:<aDA@Sender.example>')
    expect(report?.lines).toContain('RCPT TO:<Bob.SMITH@There.Example>')
  })

  it('from nobody stays from nobody', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session())
    await made.put({ from: '', to: ['a@there.example'] })
    await run(made)
    await made.clock.advance(5_000)
    expect((await mx.done())[0]?.lines).toContain('MAIL FROM:<>')
  })

  it('is not looked into: its fields go on in their order, trace fields and Return-Path too', async () => {
    const made = await rig()
    hosts(made.zone, 'there.example', '192.0.2.1')
    const mx = made.peer('192.0.2.1', session({ offers: ['8BITMIME'] }))
    const content =
      'Received: second\r\nReturn-Path: <x@y.example>\r\nReceived: first (\r\nno field\r\nReceived: after\r\n\r\nbody\r\n'
    await made.put({ to: ['a@there.example'], content })
    await run(made)
    await made.clock.advance(5_000)
    expect(contents(await mx.done())).toEqual([content])
  })
})
