import { pipelining, requireTls, startTls } from '@angarium/esmtp-extensions'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { Certificate } from '@angarium/smtp-wire/testing'
import { describe, expect, it } from 'vitest'
import { type Rig, type RigOptions, reported, rig, run, session } from './rig.ts'
import { server } from './server.ts'

const from = 'ada@here.example'
const parameters = [['REQUIRETLS', undefined] as const]
const good: Certificate = { names: ['mx1.there.example', 'mx2.there.example'], trusted: true }
const foreign: Certificate = { names: ['other.example'], trusted: true }
const self: Certificate = { names: ['mx1.there.example', 'mx2.there.example'], trusted: false }
const keeping = [startTls, requireTls]

/** Hosts of a domain, with or without DNSSEC. */
async function there(authentic: boolean, options: RigOptions = {}): Promise<Rig> {
  const made = await rig({ extensions: [pipelining, startTls, requireTls], ...options })
  const exchange = (host: number) => ({ preference: host, exchange: `mx${host}.there.example` })
  made.zone.set('there.example', { authentic, MX: [exchange(1), exchange(2)] })
  for (const host of [1, 2]) made.zone.set(`mx${host}.there.example`, { authentic, A: [`192.0.2.${host}`] })
  return made
}

const told = ({ mail }: Rig): readonly (string | undefined)[] =>
  mail.flatMap(({ text }) => [...reported(text).values()].map((fields) => fields.get('Status')))

describe('a message that demands TLS', () => {
  it('goes to a host whose name and certificate are sure, and tells it', async () => {
    const made = await there(true)
    const mx = server(made, '192.0.2.1', keeping, { certificate: good })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(mx.heard).toMatchObject([{ mail: '<ada@here.example> REQUIRETLS' }])
    expect(made.lines('relayed')).toMatchObject([{ tls: { verified: true } }])
  })

  it('looks no host up twice: without authentic answers about MX records it comes back', async () => {
    const made = await there(false)
    const mx = server(made, '192.0.2.1', keeping, { certificate: good })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(mx.sessions).toBe(0)
    expect(told(made)).toEqual(['5.7.10'])
    // A report about it brings back no content.
    expect(made.mail[0]?.text).not.toContain('Hello.')
  })

  it('waits where DNS could not say', async () => {
    const made = await there(true)
    made.zone.set('there.example', { authentic: true, fails: 'servfail' })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.4.3' }])
  })

  it.each<readonly [string, readonly AnyExtension[], Certificate | undefined, string]>([
    ['does not offer TLS', [requireTls], undefined, '5.7.10'],
    ['has the certificate of another', keeping, foreign, '5.7.10'],
    ['has a certificate that nobody trusts', keeping, self, '5.7.10'],
    ['does not offer REQUIRETLS', [startTls], good, '5.7.30'],
  ])('asks the next host where one %s, and comes back where all do', async (_, offered, certificate, status) => {
    const made = await there(true)
    const bad = certificate && { certificate }
    server(made, '192.0.2.1', offered, bad)
    const second = server(made, '192.0.2.2', keeping, { certificate: good })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(second.heard).toHaveLength(1)

    const again = await there(true)
    const all = ['192.0.2.1', '192.0.2.2'].map((address) => server(again, address, offered, bad))
    await again.put({ from, to: ['a@there.example', 'b@there.example'], parameters })
    await run(again)
    expect(all.map(({ sessions, heard }) => [sessions, heard.length])).toEqual([
      [1, 0],
      [1, 0],
    ])
    expect(told(again)).toEqual([status, status])
  })

  it('asks all hosts, more than a message would that can be sent anywhere', async () => {
    const made = await there(true, { limits: { sessions: 1 } })
    server(made, '192.0.2.1', [startTls], { certificate: good })
    const second = server(made, '192.0.2.2', keeping, { certificate: good })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(second.heard).toHaveLength(1)
  })

  it('waits while a host that might do cannot be reached, or has no TLS for now', async () => {
    const made = await there(true)
    server(made, '192.0.2.1', [startTls], { certificate: good })
    await made.put({ from, to: ['a@there.example'], parameters })
    await run(made)
    expect(made.lines('deferred')).toMatchObject([{ status: '4.4.1' }])

    const busy = await there(true)
    const start = 'S: 220 mx\nC: EHLO *\nS: 250-mx\nS: 250 STARTTLS\nC: STARTTLS\n'
    for (const address of ['192.0.2.1', '192.0.2.2'])
      busy.peer(address, `${start}S: 454 later\nC: QUIT\nS: 221 bye`, `${start}S: 220 go\n-- destroy`)
    await busy.put({ from, to: ['a@there.example'], parameters })
    await run(busy)
    expect(busy.lines('deferred')).toMatchObject([{ status: '4.7.4' }])
    await busy.clock.advance(300_000)
    expect(busy.lines('deferred')).toMatchObject([{}, { status: '4.7.5' }])
  })

  it('takes a configured route for sure, and its certificate is verified whatever the route asks', async () => {
    for (const [certificate, expected] of [
      [good, 1],
      [foreign, 0],
    ] as const) {
      const made = await there(false, {
        route: () => ({ host: 'mx1.there.example', port: 25, protocol: 'smtp', tls: 'none' }),
      })
      const mx = server(made, '192.0.2.1', keeping, { certificate })
      await made.put({ from, to: ['a@there.example'], parameters })
      await run(made)
      expect(mx.heard).toHaveLength(expected)
    }
  })

  it('does not go over a session of a message that did not', async () => {
    const made = await there(true)
    const mx = server(made, '192.0.2.1', keeping, { certificate: foreign })
    server(made, '192.0.2.2', keeping, { certificate: foreign })
    await made.put({ from, to: ['a@there.example'] })
    await run(made)
    await made.put({ from, to: ['b@there.example'], parameters })
    await run(made)
    expect(mx.heard).toHaveLength(1)
    expect(told(made)).toEqual(['5.7.10'])
  })
})

describe('a report about it', () => {
  it('is not kept back, and says REQUIRETLS only where that can be meant', async () => {
    for (const [authentic, certificate, offered, mail] of [
      [true, good, keeping, '<> REQUIRETLS'],
      [true, foreign, keeping, '<>'],
      [false, good, keeping, '<>'],
      [true, good, [startTls], '<>'],
    ] as const) {
      const made = await there(authentic)
      const mx = server(made, '192.0.2.1', offered, { certificate })
      await made.put({ from: '', to: ['a@there.example'], parameters })
      await run(made)
      expect(mx.heard).toMatchObject([{ mail }])
    }
  })

  it('is judged by its own destination, not by that of the session before', async () => {
    const made = await there(true)
    made.zone.set('elsewhere.example', { MX: [{ preference: 1, exchange: 'mx1.there.example' }] })
    const mx = server(made, '192.0.2.1', keeping, { certificate: good })
    for (const domain of ['there.example', 'elsewhere.example', 'there.example']) {
      await made.put({ from: '', to: [`a@${domain}`], parameters })
      await run(made)
    }
    expect(mx.heard.map(({ mail }) => mail)).toEqual(['<> REQUIRETLS', '<>', '<> REQUIRETLS'])
    expect(mx.sessions).toBe(1)
  })

  it('goes in clear where nothing else is offered', async () => {
    const made = await there(true)
    const mx = made.peer('192.0.2.1', session())
    await made.put({ from: '', to: ['a@there.example'], parameters })
    await run(made)
    await made.clock.advance(5_000)
    await mx.done()
  })
})
