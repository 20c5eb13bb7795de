import {
  type AnyExtension,
  type AssumedPeer,
  type Mailbox,
  type OutgoingTransaction,
  parseMailbox,
  type RawParameter,
  reply,
} from '@angarium/smtp-wire'
import { type ClientConnection, connect, type ServerHandler, serve } from '@angarium/smtp-wire/drive'
import { createManualClock, createNetwork } from '@angarium/smtp-wire/testing'
import { describe, expect, it } from 'vitest'
import * as esmtp from '../src/index.ts'
import { all } from './talk.ts'

/** A MAIL or RCPT as a server was told of it. */
interface Told {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly raw: readonly RawParameter[]
}

/** A client in a session with a server, over a network in memory; what its MAIL and RCPT commands said. */
async function session(options: {
  readonly server?: readonly AnyExtension[]
  readonly client?: readonly AnyExtension[]
  readonly tls?: boolean
  readonly handler?: Partial<ServerHandler>
}): Promise<{
  readonly connection: ClientConnection
  readonly mails: readonly Told['parameters'][]
  readonly commands: readonly Told[]
  readonly content: () => Uint8Array
}> {
  const clock = createManualClock()
  const network = createNetwork({ clock })
  const mails: Told['parameters'][] = []
  const commands: Told[] = []
  const content: number[] = []
  const handler: ServerHandler = {
    greet: () => reply(220, undefined, 'mx.example.org'),
    hello: () => 'accept',
    mail({ parameters, raw }) {
      mails.push(parameters)
      commands.push({ parameters, raw })
      return reply(250, '1.0', 'OK')
    },
    rcpt({ forwardPath, parameters, raw }) {
      commands.push({ parameters, raw })
      return forwardPath.kind === 'mailbox' && forwardPath.localPart === 'nobody'
        ? reply(550, '1.1', 'Nobody here')
        : reply(250, '1.5', 'OK')
    },
    dataStart: () => 'go',
    body: (octets) => void content.push(...octets),
    dataEnd: () => reply(250, '0.0', 'OK'),
    verb: () => reply(502, '5.1', 'No'),
    lookup: () => reply(502, '5.1', 'No'),
    ended: () => undefined,
    fault: () => undefined,
    secured: () => undefined,
    closed: () => undefined,
    ...options.handler,
  }
  network.listen(
    '192.0.2.25',
    25,
    (transport) =>
      void serve(transport, {
        hostname: 'mx.example.org',
        extensions: options.server ?? all,
        handler,
        clock,
        limits: { messageOctets: 1_000 },
        ...(options.tls === true && { tls: 'available' }),
      }),
    { certificate: { names: ['mx.example.org'], trusted: true } },
  )
  const transport = await network.dialer('192.0.2.1').dial({ address: '192.0.2.25', port: 25 }, { timeout: 1_000 })
  const opening = await connect(transport, { hostname: 'client.example', extensions: options.client ?? all, clock })
  if (opening.kind !== 'open') throw new Error(opening.kind)
  return { connection: opening.connection, mails, commands, content: () => Uint8Array.from(content) }
}

const mailbox = (text: string): Mailbox => parseMailbox(text) as Mailbox

type Wish = Partial<OutgoingTransaction> & { readonly content?: Uint8Array }

async function send(connection: ClientConnection, wish: Wish) {
  const { recipients } = await connection.send({
    reversePath: mailbox('a@client.example'),
    recipients: [{ forwardPath: mailbox('b@example.org') }],
    content: new Uint8Array(0),
    ...wish,
  })
  return recipients[0]
}

const without = (keyword: string): readonly AnyExtension[] => all.filter((one) => one.keyword !== keyword)

describe('SIZE', () => {
  it('is declared and read', async () => {
    const { connection, mails } = await session({})
    expect(await send(connection, { size: 999 })).toMatchObject({ kind: 'accepted' })
    expect(mails).toEqual([{ SIZE: 999, BODY: '8BITMIME' }])
  })

  it('stops what is too large before it is sent', async () => {
    const { connection, mails } = await session({})
    expect(await send(connection, { size: 1_001 })).toMatchObject({
      kind: 'vetoed',
      by: 'size',
      reply: { code: 552, status: '5.3.4' },
    })
    expect([mails, connection.usable]).toEqual([[], true])
  })

  it('is not declared to a server that does not know it, nor by a client that does not', async () => {
    for (const sides of [{ server: without('SIZE') }, { client: without('SIZE') }]) {
      const { connection, mails } = await session(sides)
      expect(await send(connection, { size: 500, body: '7bit' })).toMatchObject({ kind: 'accepted' })
      expect(mails).toEqual([{}])
    }
  })
})

describe('8BITMIME', () => {
  it('is announced for what is 8-bit or may be', async () => {
    const { connection, mails } = await session({})
    for (const wish of [{ body: '8bit' }, {}, { body: '7bit' }] as const) await send(connection, wish)
    expect(mails).toEqual([{ BODY: '8BITMIME' }, { BODY: '8BITMIME' }, {}])
  })

  it('stops 8-bit content for a 7-bit server, or just sends it', async () => {
    const strict = await session({ server: without('8BITMIME') })
    expect(await send(strict.connection, { body: '8bit' })).toMatchObject({
      kind: 'vetoed',
      by: '8bitmime',
      reply: { code: 554, status: '5.6.3' },
    })
    expect(await send(strict.connection, {})).toMatchObject({ kind: 'accepted' })
    const lax = await session({ server: without('8BITMIME'), client: [esmtp.eightBitMimeJustSend] })
    expect(await send(lax.connection, { body: '8bit' })).toMatchObject({ kind: 'accepted' })
    expect(lax.mails).toEqual([{}])
  })
})

describe('PIPELINING', () => {
  it('works between both, and with only one of them', async () => {
    for (const sides of [{}, { server: without('PIPELINING') }, { client: without('PIPELINING') }]) {
      const { connection } = await session(sides)
      for (let turn = 0; turn < 3; turn++) expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
    }
  })
})

describe('ENHANCEDSTATUSCODES', () => {
  it('gives the client the status of each reply, or none', async () => {
    const refused = async (server: readonly AnyExtension[]) => {
      const { connection } = await session({ server })
      const { recipients } = await connection.send({
        reversePath: { kind: 'null' },
        recipients: [{ forwardPath: mailbox('nobody@example.org') }],
        content: new Uint8Array(0),
      })
      return recipients[0]
    }
    const told = await refused(all)
    expect(told).toMatchObject({ kind: 'refused', reply: { code: 550, status: '5.1.1', text: ['Nobody here'] } })
    const bare = await refused(without('ENHANCEDSTATUSCODES'))
    expect(bare).toMatchObject({ kind: 'refused', reply: { code: 550, text: ['Nobody here'] } })
    expect(bare?.kind === 'refused' && bare.reply.status).toBeUndefined()
  })
})

describe('STARTTLS', () => {
  const options = { role: 'client', serverName: 'mx.example.org', mustVerify: true } as const

  it('secures the session, which is new from then on', async () => {
    const { connection } = await session({ tls: true })
    expect(connection.offers.has('STARTTLS')).toBe(true)
    expect(await connection.startTls(options)).toMatchObject({ kind: 'secured', tls: { verified: true } })
    expect(connection.offers.has('STARTTLS')).toBe(false)
    expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
  })

  it('is not tried where it is not offered', async () => {
    const { connection } = await session({})
    expect(await connection.startTls(options)).toEqual({ kind: 'refused' })
    expect(await connection.command('STARTTLS', '')).toMatchObject({ code: 503 })
    expect(await send(connection, {})).toMatchObject({ kind: 'accepted' })
  })
})

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
