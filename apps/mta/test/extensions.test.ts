import type { Contribution } from '@angarium/reception'
import { defineExtension, reply } from '@angarium/smtp-wire'
import { contributionsOf } from '@angarium/station'
import { keywords } from '@angarium/station/configuration'
import { describe, expect, it } from 'vitest'
import type { Parts } from '../src/compose/mta.ts'
import { configSchema } from '../src/config/schema.ts'
import { createWorld, type World } from './world.ts'

const certificates = new URL('../../../packages/smtp-node/vectors/certificates/', import.meta.url).pathname
const certificateFiles = { certificate: `${certificates}valid.pem`, key: `${certificates}key.pem` }

const here = '192.0.2.1'
const stranger = '198.51.100.9'
const friend = '203.0.113.5'
const domains = { 'here.example': { maildir: './mail/{local}', mailboxes: ['alice', 'bob'] } }

type Settings = Parameters<World['host']>[1]

async function offered(extensions: Settings['extensions'], rest: Settings = {}, from = stranger) {
  const world = createWorld()
  await world.host(here, { domains, extensions, ...rest })
  const { offers } = await world.client(from, here)
  return [...offers].map(([keyword, words]) => [keyword, ...words].join(' '))
}

describe('extensions', () => {
  it('are all those wired to their end, unless a setting leaves one out', async () => {
    expect(await offered({})).toEqual([
      'SIZE 52428800',
      '8BITMIME',
      'BINARYMIME',
      'CHUNKING',
      'PIPELINING',
      'ENHANCEDSTATUSCODES',
      'DSN',
      'SMTPUTF8',
      'DELIVERBY',
      'MT-PRIORITY',
      'RRVS',
      'LIMITS RCPTMAX=1000',
      'HELP',
    ])
    expect(await offered({ without: ['CHUNKING', 'DSN', 'HELP'] })).not.toContain('BINARYMIME')
    for (const keyword of keywords) expect((await offered({ without: [keyword] })).join(' ')).not.toContain(keyword)
  })

  it('that a setting asks for are there with it', async () => {
    const settings = { etrn: ['node.example'], verify: true, deliverByMinimum: '90s' }
    const all = await offered(settings, { relayFor: [friend], limits: { transactions: 5 } })
    for (const line of ['ETRN', 'VRFY', 'DELIVERBY 90', 'LIMITS RCPTMAX=1000 MAILMAX=5']) expect(all).toContain(line)
    const proxies = { proxies: { xclient: [friend], xforward: [friend] } }
    expect((await offered({}, proxies)).join()).not.toMatch(/XCLIENT|XFORWARD/)
    expect((await offered({}, proxies, friend)).join()).toMatch(/XCLIENT.*XFORWARD/)
  })

  it('VRFY tells what is here, and what is not or not clear', async () => {
    const world = createWorld()
    await world.host(here, {
      domains: { ...domains, 'also.example': { maildir: './also/{local}', mailboxes: ['bob'] } },
      extensions: { verify: true },
    })
    const client = await world.client(stranger, here)
    expect(await client.command('VRFY', 'alice')).toMatchObject({ code: 250, text: ['<alice@here.example>'] })
    expect(await client.command('VRFY', 'bob@also.example')).toMatchObject({ code: 250 })
    expect(await client.command('VRFY', 'bob')).toMatchObject({ code: 553, status: '5.1.4' })
    expect(await client.command('VRFY', 'carol')).toMatchObject({ code: 550, status: '5.1.1' })
    for (const postmaster of ['Postmaster', 'postmaster@here.example', 'postmaster@mx.local.test'])
      expect(await client.command('VRFY', postmaster)).toMatchObject({
        code: 250,
        text: ['<postmaster@mx.local.test>'],
      })
    expect(await client.command('VRFY', 'carol@elsewhere.example')).toMatchObject({ code: 252 })
  })

  it('mail to any address of the host is mail to it, and to no other', async () => {
    const world = createWorld()
    await world.host(here, { domains }, { addresses: [here, '2001:db8::1'] })
    const client = await world.client(stranger, here)
    await client.command('MAIL', 'FROM:<a@b.example>')
    expect(await client.command('RCPT', 'TO:<postmaster@[IPv6:2001:db8::1]>')).toMatchObject({ code: 250 })
    expect(await client.command('RCPT', 'TO:<postmaster@[192.0.2.77]>')).toMatchObject({ code: 550 })
  })

  it.each([
    ['10s', true],
    ['10m', false],
  ])('a server that says nothing is given up after delivery.timeouts.greeting: %s', async (greeting, givenUp) => {
    const world = createWorld()
    world.network.listen('192.0.2.9', 25, () => undefined)
    const { events } = await world.host(here, {
      relayFor: [friend],
      routes: { '*': { host: '192.0.2.9' } },
      delivery: { timeouts: { greeting } },
    })
    await world.send(friend, here, { from: 'a@b.example', to: ['c@d.example'] })
    await world.clock.advance(60_000)
    expect(events.some(({ event }) => event === 'deferred')).toBe(givenUp)
  })

  it('clients that must use TLS send no mail without it, others do', async () => {
    const world = createWorld()
    // The files of a certificate are not looked at: the network has its own.
    const parts: Partial<Parts> = {
      offersTls: true,
      async listen({ address, port }, onConnection) {
        const certificate = { names: ['mx.local.test'], trusted: true }
        const stop = world.network.listen(address, port, onConnection, { certificate })
        return { address, port, close: async () => stop() }
      },
    }
    await world.host(here, { domains, requireTls: [friend], tls: certificateFiles }, parts)
    const other = await world.client(stranger, here)
    expect(await other.command('MAIL', 'FROM:<a@b.example>')).toMatchObject({ code: 250 })
    const client = await world.client(friend, here)
    expect(await client.command('MAIL', 'FROM:<a@b.example>')).toMatchObject({ code: 530, status: '5.7.0' })
    await client.startTls({ role: 'client' })
    expect(await client.command('MAIL', 'FROM:<a@b.example>')).toMatchObject({ code: 250 })
  })

  it('a friend’s priority holds, a stranger’s does not; ETRN is for the domains listed', async () => {
    const world = createWorld()
    const { store } = await world.host(here, {
      domains,
      relayFor: [friend],
      extensions: { etrn: ['node.example'] },
      delivery: { paused: true },
    })
    for (const from of [friend, stranger]) {
      const client = await world.client(from, here)
      expect(await client.command('MAIL', 'FROM:<a@b.example> MT-PRIORITY=3')).toMatchObject({
        code: 250,
        status: from === friend ? '2.1.0' : '2.3.6',
      })
      await client.command('RSET', '')
      expect(await client.command('ETRN', 'node.example')).toMatchObject({ code: 251 })
      expect(await client.command('ETRN', 'other.example')).toMatchObject({ code: 459 })
    }
    expect((await store.stats()).messages).toBe(0)
  })
})

describe('modules', () => {
  const greeting = defineExtension({
    name: 'xhail',
    rfc: 5321,
    keyword: 'XHAIL',
    verbs: { XHAIL: { phases: ['ready'], barrier: false, run: () => ({ kind: 'ask' }) } },
  })
  const contribution: Contribution = {
    extensions: [greeting],
    verbs: { XHAIL: ({ argument }) => reply(250, '0.0', `Hail, ${argument}`) },
    stages: [
      {
        name: 'xhail',
        mail: ({ session }) => (session.hello?.name === 'rude.test' ? reply(550, '7.1', 'Say XHAIL') : 'proceed'),
      },
    ],
  }

  it('add extensions, the answers to their verbs, and stages', async () => {
    const world = createWorld()
    await world.host(here, { domains }, { contributions: [contribution] })
    const client = await world.client(stranger, here)
    expect(client.offers.has('XHAIL')).toBe(true)
    expect(await client.command('XHAIL', 'ada')).toMatchObject({ code: 250, text: ['Hail, ada'] })
    await client.command('EHLO', 'rude.test')
    expect(await client.command('MAIL', 'FROM:<a@b.example>')).toMatchObject({ code: 550, text: ['Say XHAIL'] })
  })

  const config = (module: string) =>
    configSchema(import.meta.dirname).parse({
      hostname: 'mx.here.example',
      listeners: [{ address: '127.0.0.1', port: 2525 }],
      extensions: { modules: [{ module, settings: { word: 'Salve' } }] },
    })
  const host = { hostname: 'mx.here.example' } as Parameters<typeof contributionsOf>[1]

  it('are files by the folder of the configuration, and get their settings', async () => {
    const [loaded] = await contributionsOf(config('./contributed.ts'), host)
    expect(loaded?.extensions.map(({ keyword }) => keyword)).toEqual(['XSALVE'])
  })

  it('that cannot be used keep the server down, by name', async () => {
    await expect(contributionsOf(config('./missing.ts'), host)).rejects.toThrow(/^extension module \/.*missing\.ts: /)
    await expect(contributionsOf(config('@angarium/smtp-wire'), host)).rejects.toThrow(/no function/)
    await expect(contributionsOf(config('./contributes-nothing.ts'), host)).rejects.toThrow(/no list of extensions/)
  })
})
