import { deliverBy, dsn, futureRelease, pipelining } from '@angarium/esmtp-extensions'
import type { EnvelopeParameter } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { hosts, type Rig, type RigOptions, reported, rig, run } from './rig.ts'
import { server } from './server.ts'

const from = 'ada@here.example'
const minute = 60_000
const hour = 60 * minute
const by = (value: string): readonly EnvelopeParameter[] => [['BY', value]]

async function one(options: RigOptions = {}): Promise<Rig> {
  const made = await rig({ extensions: [pipelining, dsn, deliverBy()], ...options })
  hosts(made.zone, 'there.example', '192.0.2.1')
  return made
}

/** Reports so far: what happened, and its status. */
const told = ({ mail }: Rig): readonly string[] =>
  mail.flatMap(({ text }) =>
    [...reported(text).values()].map((fields) => `${fields.get('Action')} ${fields.get('Status')}`),
  )

describe('a time to deliver by', () => {
  it('goes on with what remains of it', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [deliverBy(), dsn])
    for (const value of ['1000;R', '1000;NT', '-5;N', '+0;N'])
      await made.put({ from, to: ['a@there.example'], parameters: by(value) })
    await made.clock.advance(90_500)
    await run(made)
    expect(mx.heard.map(({ mail }) => mail.replace(/^.*> /, ''))).toEqual([
      'BY=909;R',
      'BY=909;NT',
      'BY=-96;N',
      'BY=-91;N',
    ])
    // The one that asks for a trace.
    expect(told(made)).toEqual(['relayed 2.0.0'])
  })

  it('that is to be kept keeps a message from a host that does not know it, and from one that is slower', async () => {
    for (const [offered, status] of [
      [[], '5.3.3'],
      [[deliverBy(120)], '5.4.7'],
    ] as const) {
      const made = await one()
      hosts(made.zone, 'there.example', '192.0.2.1', '192.0.2.2')
      const [first, second] = ['192.0.2.1', '192.0.2.2'].map((address) => server(made, address, offered))
      await made.put({ from, to: ['a@there.example'], parameters: by('100;R') })
      await run(made)
      expect([first?.heard, second?.sessions]).toEqual([[], 0])
      expect(told(made)).toEqual([`failed ${status}`])
    }
  })

  it('does not matter to final delivery by a host that does not know it', async () => {
    const made = await one({ route: () => ({ host: '192.0.2.1', port: 24, protocol: 'lmtp', tls: 'none' }) })
    const host = server(made, '192.0.2.1', [], { port: 24, protocol: 'lmtp' })
    await made.put({ from, to: ['a@there.example'], parameters: by('100;R') })
    await run(made)
    expect(host.heard).toMatchObject([{ mail: '<ada@here.example>' }])
  })

  it('of which only a delay is to be told does not, and the relaying is', async () => {
    const made = await one()
    const mx = server(made, '192.0.2.1', [dsn])
    await made.put({ from, to: ['a@there.example'], parameters: by('100;N') })
    await run(made)
    expect(mx.heard).toMatchObject([{ mail: '<ada@here.example>', rcpt: ['<a@there.example> NOTIFY=FAILURE,DELAY'] }])
    expect(told(made)).toEqual(['relayed 2.0.0'])
  })

  it('that passes returns the message then, and no attempt is made', async () => {
    const made = await one()
    await made.put({ from, to: ['a@there.example', 'bob@here.example'], parameters: by('480;R') })
    await run(made)
    // Tried at once and after 5 minutes; the next retry would be after 15.
    await made.clock.advance(8 * minute - 1)
    expect(made.lines('deferred').map(({ retryMs }) => retryMs)).toEqual([5 * minute, 3 * minute])
    expect(told(made)).toEqual([])
    await made.clock.advance(1)
    expect(told(made)).toEqual(['failed 5.4.7'])
    expect(made.lines('deferred')).toHaveLength(2)
    expect(made.lines('expired')).toMatchObject([
      { status: '5.4.7', because: expect.stringContaining('by the time its sender set: no connection') },
    ])
  })

  it('that passed before the first attempt returns the message without one', async () => {
    const made = await one()
    await made.put({ from, to: ['a@there.example', 'bob@here.example'], parameters: by('480;R') })
    await made.clock.advance(hour)
    await run(made)
    expect(made.network.connections).toBe(0)
    expect(made.mail.map(({ item }) => item.address)).toEqual([from, from])
    expect(told(made)).toEqual(['failed 5.4.7', 'failed 5.4.7'])
  })

  it('that passes while its destination is passed over returns the message as well', async () => {
    const made = await one()
    for (let n = 0; n < 20; n++) await made.put({ from: '', to: [`r${n}@there.example`] })
    await run(made)
    await made.clock.advance(10_000)
    await made.put({ from, to: ['a@there.example'], parameters: by('30;R') })
    const { id } = (await made.entries()).at(-1) ?? {}
    await made.clock.advance(29_000)
    expect(told(made)).toEqual([])
    await made.clock.advance(2_000)
    expect(told(made)).toEqual(['failed 5.4.7'])
    expect(made.lines('not-attempted').filter((line) => line.id === id)).toHaveLength(2)
    expect(made.lines('deferred').filter((line) => line.id === id)).toEqual([])
  })

  it('of which a delay is to be told is told once, then, and not before; and attempts go on', async () => {
    const made = await one({ retry: { warnAfterMs: 2 * hour, lifetimeMs: 8 * hour } })
    await made.put({ from, to: ['a@there.example'], parameters: by(`${3 * 3600};N`) })
    await run(made)
    await made.clock.advance(3 * hour - 1)
    expect(told(made)).toEqual([])
    await made.clock.advance(minute)
    expect(told(made)).toEqual(['delayed 4.4.7'])
    await made.clock.advance(3 * hour)
    expect(told(made)).toEqual(['delayed 4.4.7'])
    await made.clock.advance(6 * hour)
    expect(told(made)).toEqual(['delayed 4.4.7', 'failed 4.4.7'])
  })

  it('that had passed as the message came was told of elsewhere: the usual notice', async () => {
    const made = await one({ retry: { warnAfterMs: 2 * hour } })
    await made.put({ from, to: ['a@there.example'], parameters: by('-10;N') })
    await run(made)
    expect(told(made)).toEqual([])
    await made.clock.advance(4 * hour)
    expect(told(made)).toEqual(['delayed 4.4.1'])
  })
})

describe('a future release', () => {
  it('has had its effect: its parameter ends here, whatever list is in use', async () => {
    const holding = futureRelease({ maximum: 1000, now: () => 0, allows: () => true })
    const made = await one({ extensions: [holding] })
    const mx = server(made, '192.0.2.1', [holding])
    await made.put({ from, to: ['a@there.example'], parameters: [['HOLDFOR', '100']] })
    await run(made)
    expect(mx.heard).toMatchObject([{ mail: '<ada@here.example>' }])
  })

  it('is where the lifetime and the notice of a delay count from', async () => {
    const made = await one({ retry: { warnAfterMs: hour, lifetimeMs: 3 * hour } })
    await made.put({ from, to: ['a@there.example'], options: { notBefore: made.clock.now() + 10 * hour } })
    await run(made)
    await made.clock.advance(10 * hour + 30 * minute)
    expect(made.lines('deferred').length).toBeGreaterThan(0)
    expect(told(made)).toEqual([])
    await made.clock.advance(2 * hour)
    expect(told(made)).toEqual(['delayed 4.4.1'])
    await made.clock.advance(3 * hour)
    expect(told(made)).toEqual(['delayed 4.4.1', 'failed 4.4.7'])
  })
})
