import { type AssumedPeer, type Mailbox, parseMailbox, type RawParameter, reply } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import * as esmtp from '../src/index.ts'
import { mailbox, send, session, type Wish } from './pair.ts'
import { all } from './talk.ts'

describe('CHUNKING and BINARYMIME', () => {
  const list = [esmtp.pipelining, esmtp.eightBitMime, esmtp.chunking, esmtp.binaryMime]
  const octets = Uint8Array.from({ length: 600 }, (_, index) => index % 256)

  it('carry any octets', async () => {
    const { connection, mails, content } = await session({ server: list, client: list })
    expect(await send(connection, { body: 'binary', content: octets })).toMatchObject({ kind: 'accepted' })
    expect([mails, content()]).toEqual([[{ BODY: 'BINARYMIME' }], octets])
    expect(await send(connection, { body: '7bit' })).toMatchObject({ kind: 'accepted' })
  })

  it('keep binary content back where they are not', async () => {
    for (const server of [all, [esmtp.eightBitMime, esmtp.chunking]]) {
      const { connection, mails } = await session({ server, client: list })
      expect(await send(connection, { body: 'binary', content: octets })).toMatchObject({
        kind: 'vetoed',
        by: '8bitmime',
        reply: { code: 554, status: '5.6.3' },
      })
      expect(mails).toEqual([])
    }
  })
})

describe('DSN', () => {
  const mail: readonly RawParameter[] = [
    ['RET', 'HDRS'],
    ['ENVID', 'QQ+2B314159+41'],
  ]
  const rcpt: readonly RawParameter[] = [
    ['NOTIFY', 'DELAY,SUCCESS'],
    ['ORCPT', 'rfc822;Bob+2Bx@Example.COM'],
  ]
  const wish: Wish = {
    parameters: mail,
    recipients: [
      { forwardPath: mailbox('b@example.org'), parameters: rcpt },
      { forwardPath: mailbox('c@example.org') },
    ],
  }

  it('goes from hop to hop octet for octet, each recipient with its own', async () => {
    const { connection, commands } = await session({ server: [esmtp.dsn], client: [esmtp.dsn] })
    expect(await send(connection, wish)).toMatchObject({ kind: 'accepted' })
    expect(commands.map(({ raw }) => raw)).toEqual([mail, rcpt, []])
    expect(commands[1]?.parameters).toEqual({ NOTIFY: ['DELAY', 'SUCCESS'], ORCPT: 'rfc822;Bob+2Bx@Example.COM' })
  })

  it('ends where the next hop does not know it', async () => {
    const { connection, commands } = await session({ client: [esmtp.dsn] })
    expect(await send(connection, wish)).toMatchObject({ kind: 'accepted' })
    expect(commands.map(({ raw }) => raw)).toEqual([[], [], []])
  })
})

describe('DELIVERBY', () => {
  it('goes on with the time that remains', async () => {
    const list = [esmtp.deliverBy(30)]
    const { connection, mails } = await session({ server: list, client: list })
    const remaining = esmtp.remainingBy('120;RT', 60)
    expect(await send(connection, { parameters: [['BY', remaining]] })).toMatchObject({ kind: 'accepted' })
    expect(mails).toEqual([{ BY: { seconds: 60, mode: 'return', trace: true } }])
    const late = esmtp.remainingBy('120;RT', 100)
    expect(await send(connection, { parameters: [['BY', late]] })).toMatchObject({
      kind: 'vetoed',
      reply: { status: '5.4.7' },
    })
  })
})

describe('SMTPUTF8', () => {
  it('carries addresses beyond ASCII, and keeps back only those who need it', async () => {
    const list = [esmtp.eightBitMime, esmtp.smtpUtf8]
    const beyond = parseMailbox('дмитрий@ех.example', { localPartOctets: 64, pathOctets: 256, utf8: true }) as Mailbox
    const recipients = [{ forwardPath: mailbox('b@example.org') }, { forwardPath: beyond }]
    const both = await session({ server: list, client: list })
    await send(both.connection, { recipients, utf8Header: false })
    expect(both.mails).toEqual([{ BODY: '8BITMIME', SMTPUTF8: true }])
    const one = await session({ server: [esmtp.eightBitMime], client: list })
    const outgoing = {
      reversePath: mailbox('a@client.example'),
      recipients,
      utf8Header: false,
      content: new Uint8Array(0),
    }
    expect((await one.connection.send(outgoing)).recipients).toMatchObject([
      { kind: 'accepted' },
      { kind: 'vetoed', by: 'smtputf8', reply: { code: 553, status: '5.6.7' } },
    ])
  })
})

describe('REQUIRETLS', () => {
  it('is sent under TLS alone', async () => {
    const list = [esmtp.startTls, esmtp.requireTls]
    const { connection, mails } = await session({ server: list, client: list, tls: true })
    const wish: Wish = { parameters: [['REQUIRETLS', undefined]] }
    expect(await send(connection, wish)).toMatchObject({ kind: 'vetoed', reply: { code: 523, status: '5.7.10' } })
    await connection.startTls({ role: 'client', serverName: 'mx.example.org', mustVerify: true })
    expect(await send(connection, wish)).toMatchObject({ kind: 'accepted' })
    expect(mails).toEqual([{ REQUIRETLS: true }])
  })
})

describe('XCLIENT and XFORWARD', () => {
  const trusted = ({ peer }: { readonly peer: string | undefined }): boolean => peer === '192.0.2.1'

  it('tell a server for whom a proxy speaks', async () => {
    const list = [esmtp.xclient(trusted)]
    const greeted: (AssumedPeer | undefined)[] = []
    const { connection } = await session({
      server: list,
      client: list,
      handler: {
        greet({ assumed }) {
          greeted.push(assumed)
          return reply(220, undefined, 'mx.example.org')
        },
      },
    })
    const peer: AssumedPeer = { address: '2001:db8::1', port: 4242, name: 'a.example', hello: 'a', protocol: 'ESMTP' }
    for (const line of esmtp.formatXclient(peer, connection.offers.get('XCLIENT') ?? []))
      expect(await connection.command('XCLIENT', line)).toMatchObject({ code: 220 })
    expect(greeted).toEqual([undefined, peer])
  })

  it('tell a server where a message came from', async () => {
    const list = [esmtp.xforward(trusted)]
    const told: unknown[] = []
    const { connection } = await session({
      server: list,
      client: list,
      handler: {
        verb({ argument }) {
          told.push(esmtp.readXforward(argument))
          return reply(250, '0.0', 'OK')
        },
      },
    })
    const attributes: esmtp.Forwarded = new Map([
      ['NAME', 'a.example'],
      ['ADDR', '198.51.100.1'],
      ['SOURCE', undefined],
    ])
    for (const line of esmtp.formatXforward(attributes, connection.offers.get('XFORWARD') ?? []))
      expect(await connection.command('XFORWARD', line)).toMatchObject({ code: 250 })
    expect(told).toEqual([attributes])
  })
})

it('parameters of several extensions go on together; one of none ends', async () => {
  const list = [esmtp.mtPriority(), esmtp.rrvs, esmtp.limits]
  const { connection, commands } = await session({ server: list, client: list })
  const rcpt: RawParameter = ['RRVS', '2014-04-03T23:01:00Z;R']
  await send(connection, {
    parameters: [
      ['MT-PRIORITY', '-3'],
      ['X-FOREIGN', 'x'],
    ],
    recipients: [{ forwardPath: mailbox('b@example.org'), parameters: [rcpt] }],
  })
  expect(commands.map(({ raw }) => raw)).toEqual([[['MT-PRIORITY', '-3']], [rcpt]])
})
