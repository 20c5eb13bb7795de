import { playScript } from '@angarium/smtp-wire/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Parts } from '../src/compose/mta.ts'
import { createWorld, type Host, hour, mx, type World } from './world.ts'

// Addresses of the laboratory: ours, the other MTA's, a friend's, a stranger's.
const ours = '192.0.2.1'
const theirs = '192.0.2.2'
const friend = '198.51.100.1'
const stranger = '203.0.113.1'

const local = {
  relayFor: ['198.51.100.0/24'],
  domains: { 'local.test': { maildir: '/mail/{local}', mailboxes: ['alice', 'bob'] } },
}

let world: World
beforeEach(() => {
  world = createWorld()
  world.zone.set('remote.test', { MX: [mx('mx.remote.test')] })
  world.zone.set('mx.remote.test', { A: [theirs] })
})

const kinds = (host: Host, id?: unknown): string[] =>
  host.events
    .filter(
      ({ event, fields }) =>
        (id === undefined || fields.id === id) && /^(accepted|delivered|relayed|deferred|failed)$/.test(event),
    )
    .map(({ event }) => event)

describe('the whole MTA, in one process', () => {
  it('takes mail from a stranger for a mailbox, with its trace fields', async () => {
    const host = await world.host(ours, local)
    const [result] = await world.send(stranger, ours, { from: 'a@remote.test', to: ['alice@local.test'] })
    expect(result).toMatchObject({ kind: 'accepted', reply: { code: 250 } })
    await world.clock.advance(0)
    expect(host.mailbox('alice')).toHaveLength(1)
    const [mail = ''] = host.mailbox('alice')
    expect(mail).toMatch(/^Return-Path: <a@remote\.test>\nDelivered-To: alice@local\.test\nReceived: from client\.test/)
    expect(mail).toMatch(/\nSubject: a test\n\nHello\.\n$/)
    expect(kinds(host)).toEqual(['accepted', 'delivered'])
    expect(host.events.find(({ event }) => event === 'accepted')?.fields).toMatchObject({
      peer: stranger,
      hello: 'client.test',
      reversePath: 'a@remote.test',
      recipients: ['alice@local.test'],
    })
    expect(await host.ledger()).toMatchObject({ accepted: 1, delivered: 1, messages: 0 })
  })

  it('relays for friends, not for strangers, and knows its mailboxes', async () => {
    const host = await world.host(ours, local)
    const other = await world.host(theirs, {
      hostname: 'mx.remote.test',
      domains: { 'remote.test': { maildir: '/mail/{local}' } },
    })
    const strangers = await world.send(stranger, ours, {
      from: 'x@x.test',
      to: ['carol@remote.test', 'nobody@local.test', 'alice@local.test'],
    })
    expect(strangers.map((result) => ('reply' in result ? result.reply?.code : 0))).toEqual([550, 550, 250])
    const friends = await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@remote.test'] })
    expect(friends[0]?.kind).toBe('accepted')
    await world.clock.advance(1_000)
    expect(other.mailbox('carol')).toHaveLength(1)
    expect(other.mailbox('carol')[0]?.match(/^Received: /gm)).toHaveLength(2)
    expect(host.events.filter(({ event }) => event === 'relayed')).toHaveLength(1)
    expect(await host.ledger()).toMatchObject({ accepted: 2, delivered: 1, relayed: 1, messages: 0 })
  })

  it('takes mail and keeps it while delivery is paused', async () => {
    const host = await world.host(ours, { ...local, delivery: { paused: true } })
    await world.send(stranger, ours, { from: 'a@remote.test', to: ['alice@local.test'] })
    await world.clock.advance(6 * hour)
    expect(kinds(host)).toEqual(['accepted'])
    expect(await host.ledger()).toMatchObject({ accepted: 1, queued: 1, messages: 1 })
  })

  it('always takes mail to Postmaster', async () => {
    const host = await world.host(ours, local)
    await world.send(stranger, ours, {
      from: 'a@remote.test',
      to: ['postmaster@local.test', 'POSTMASTER@mx.local.test'],
    })
    await world.clock.advance(0)
    expect([...host.files.contents.keys()].filter((path) => path.startsWith('/data/postmaster/new/'))).toHaveLength(2)
  })

  it('tries for five days, tells of the delay once, bounces once, and is done', async () => {
    const host = await world.host(ours, local)
    world.network.disturb(theirs, { dial: 'blackhole' })
    await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@remote.test'] })
    await world.clock.advance(3 * hour)
    expect(host.mailbox('alice')).toEqual([])
    await world.clock.advance(3 * hour)
    expect(host.mailbox('alice')).toHaveLength(1)
    expect(host.mailbox('alice')[0]).toMatch(/^Action: delayed$/m)
    await world.clock.advance(110 * hour)
    expect(host.mailbox('alice')).toHaveLength(1)
    await world.clock.advance(10 * hour)
    const reports = host.mailbox('alice')
    expect(reports).toHaveLength(2)
    const bounce = reports.find((report) => /^Action: failed$/m.test(report)) ?? ''
    expect(bounce).toMatch(/^Return-Path: <>$/m)
    expect(bounce).toMatch(/^Final-Recipient: rfc822; ?carol@remote\.test$/m)
    expect(bounce).toContain('Subject: a test')
    expect(await host.ledger()).toMatchObject({ expired: 1, delivered: 2, messages: 0, queued: 0 })
    await world.clock.advance(240 * hour)
    expect(host.mailbox('alice')).toHaveLength(2)
    // 5, 10, 20, 40 minutes, then 66 min 40 s: some hundred attempts, and no storm.
    const attempts = host.events.filter(({ event }) => event === 'deferred' || event === 'failed').length
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(150)
  })

  it('never answers a null reverse-path', async () => {
    const host = await world.host(ours, local)
    world.network.disturb(theirs, { dial: 'refuse' })
    await world.send(friend, ours, { from: '', to: ['carol@remote.test'] })
    await world.clock.advance(130 * hour)
    expect(host.files.contents.size).toBe(0)
    expect(await host.ledger()).toMatchObject({ accepted: 1, expired: 1, messages: 0 })
  })

  it('delivers once the other side is back', async () => {
    const host = await world.host(ours, local)
    await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@remote.test'] })
    await world.clock.advance(hour)
    expect(kinds(host).at(-1)).toBe('deferred')
    const other = await world.host(theirs, {
      hostname: 'mx.remote.test',
      domains: { 'remote.test': { maildir: '/mail/{local}' } },
    })
    await world.clock.advance(2 * hour)
    expect(other.mailbox('carol')).toHaveLength(1)
    expect(host.mailbox('alice')).toEqual([])
    expect(await host.ledger()).toMatchObject({ accepted: 1, relayed: 1, messages: 0 })
  })

  it('sorts three recipients: one refused for good, one for now, one taken', async () => {
    const host = await world.host(ours, local)
    let visits = 0
    world.network.listen(theirs, 25, (transport) => {
      visits++
      const first = visits === 1
      void playScript(
        transport,
        `
        S: 220 mx.remote.test
        C: EHLO *
        S: 250 mx.remote.test
        C: MAIL FROM:<alice@local.test>*
        S: 250 ok
        ${first ? 'C: RCPT TO:<gone@remote.test>*' : ''}
        ${first ? 'S: 550 5.1.1 no such person' : ''}
        C: RCPT TO:<later@remote.test>*
        ${first ? 'S: 450 4.2.1 come back later' : 'S: 250 ok'}
        ${first ? 'C: RCPT TO:<fine@remote.test>*' : ''}
        ${first ? 'S: 250 ok' : ''}
        C: DATA
        S: 354 go
        C: ...
        S: 250 taken
        C: QUIT
        S: 221 bye
      `,
      )
    })
    const to = ['gone@remote.test', 'later@remote.test', 'fine@remote.test']
    await world.send(friend, ours, { from: 'alice@local.test', to })
    await world.clock.advance(hour)
    expect(visits).toBe(2)
    expect(await host.ledger()).toMatchObject({ relayed: 2, failed: 1, messages: 0 })
    const reports = host.mailbox('alice')
    expect(reports).toHaveLength(1)
    expect(
      [...(reports[0] ?? '').matchAll(/^Final-Recipient: rfc822; ?(.*)$/gm)].map(([, address]) => address),
    ).toEqual(['gone@remote.test'])
    expect(reports[0]).not.toContain('later@remote.test')
  })

  it('breaks a loop between two hosts after a hundred rounds, and bounces once', async () => {
    const route = (host: string) => ({ 'loop.test': { host, port: 25, tls: 'none' as const } })
    const host = await world.host(ours, { ...local, relayFor: [`${friend}/32`, `${theirs}/32`], routes: route(theirs) })
    await world.host(theirs, {
      hostname: 'mx.remote.test',
      relayFor: [`${ours}/32`],
      routes: { ...route(ours), 'local.test': { host: ours } },
    })
    await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@loop.test'] })
    await world.clock.advance(6 * hour)
    expect(host.mailbox('alice')).toHaveLength(1)
    expect(host.mailbox('alice')[0]).toMatch(/^Status: 5\.4\.6$/m)
    expect(await host.ledger()).toMatchObject({ messages: 0 })
  })

  it('speaks TLS where it is offered, both ways', async () => {
    const certificate = { names: ['mx.remote.test'], trusted: false }
    const listen: Parts['listen'] = async ({ address, port }, onConnection) => {
      const stop = world.network.listen(address, port, onConnection, { certificate })
      return { address, port, close: async () => stop() }
    }
    const host = await world.host(ours, local)
    const other = await world.host(
      theirs,
      { hostname: 'mx.remote.test', domains: { 'remote.test': { maildir: '/mail/{local}' } } },
      { listen, offersTls: true },
    )
    await world.send(friend, ours, { from: 'alice@local.test', to: ['carol@remote.test'] })
    await world.clock.advance(1_000)
    expect(host.events.find(({ event }) => event === 'relayed')?.fields.tls).toMatchObject({
      protocol: 'TLSv1.3',
      verified: false,
    })
    expect(other.events.find(({ event }) => event === 'accepted')?.fields.tls).toMatchObject({ protocol: 'TLSv1.3' })
    expect(other.mailbox('carol')[0]).toMatch(/ with ESMTPS id /)
  })

  it('tells the driver of each listener what it has to hold', async () => {
    const options: unknown[] = []
    const listen: Parts['listen'] = async (listener) => {
      options.push(listener)
      return { ...listener, close: async () => undefined }
    }
    const proxies = { proxyProtocol: ['192.0.2.128/28'] }
    await world.host(ours, { ...local, proxies, limits: { connections: 7 } }, { listen })
    expect(options).toMatchObject([
      { port: 25, implicitTls: false, proxyProtocol: { from: ['192.0.2.128/28'] }, maxConnections: 7 },
    ])
  })

  it.each([
    ['one of the same day', { alice: '2026-01-31' }, 0],
    ['one of the day before', { alice: '2026-01-30' }, 1],
    ['the first owner', { alice: 'first-owner' }, 1],
    ['one like all others', { bob: '2026-01-31', '*': '2020-01-01' }, 1],
    ['one of whom nothing is known', { bob: '2020-01-01' }, 0],
    ['one where nobody writes owners down', undefined, 1],
  ])('a message that asks for an owner of long standing, to %s', async (_, owners, delivered) => {
    const domain = { maildir: '/mail/{local}', ...(owners && { owners: owners as Record<string, string> }) }
    const host = await world.host(ours, { domains: { 'local.test': domain } })
    const field = 'Require-Recipient-Valid-Since: alice@local.test; Sat, 31 Jan 2026 12:00:00 +0000\r\n'
    await world.send(stranger, ours, { from: '', to: ['alice@local.test'], content: `${field}\r\nHello.\r\n` })
    await world.clock.advance(1_000)
    expect(host.mailbox('alice')).toHaveLength(delivered)
  })

  it('keeps mail while a mailbox cannot be written, and delivers when it can', async () => {
    const host = await world.host(ours, local)
    host.files.fail = (_, operation) => (operation === 'sync' ? 'ENOSPC' : undefined)
    const [result] = await world.send(stranger, ours, { from: 'a@remote.test', to: ['bob@local.test'] })
    expect(result?.kind).toBe('accepted')
    await world.clock.advance(1_000)
    expect(kinds(host)).toEqual(['accepted', 'deferred'])
    expect(host.files.contents.size).toBe(0)
    host.files.fail = () => undefined
    await world.clock.advance(hour)
    expect(host.mailbox('bob')).toHaveLength(1)
  })
})
