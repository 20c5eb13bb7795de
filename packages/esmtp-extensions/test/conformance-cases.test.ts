import { createSaslClient, createSaslServer, externalClient, plainClient, plainServer, Secret } from '@angarium/sasl'
import {
  type AnyExtension,
  ClientSession,
  type ClientSessionOptions,
  encodeUtf8,
  parseMailbox,
  type Reply,
  reply,
} from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import {
  type AuthConnection,
  auth,
  authenticate,
  binaryMime,
  chunking,
  createAuthenticator,
  dsn,
  eightBitMime,
  expn,
  limits,
  pipelining,
  readLimits,
  size,
  smtpUtf8,
  startTls,
  vrfy,
} from '../src/index.ts'
import { octetsOf, talk } from './talk.ts'

/** Requirements that no other test was about; what they ask is in vectors/conformance. */

/** A server that has heard EHLO. */
async function heard(extensions: readonly AnyExtension[], ...rest: [owner?: Parameters<typeof talk>[2]]) {
  const peer = talk({}, extensions, ...rest)
  await peer.say(octetsOf(''))
  const offers = await peer.say(octetsOf('EHLO client.example\r\n'))
  return { ...peer, peer, offers, line: (text: string) => peer.say(encodeUtf8(`${text}\r\n`)) }
}

const codes = (lines: readonly string[]): readonly string[] => lines.map((line) => line.slice(0, 3))

/** A client that has heard a greeting and these offers. */
function greeted(options: Partial<ClientSessionOptions>, ...offers: readonly string[]): ClientSession {
  const session = new ClientSession({ hostname: 'client.example', extensions: [], now: () => 0, ...options })
  hear(session, '220 mx.example\r\n')
  hear(session, hello(...offers))
  return session
}

const hello = (...offers: readonly string[]): string =>
  ['mx.example', ...offers].map((line, at) => `250${at < offers.length ? '-' : ' '}${line}\r\n`).join('')

function hear(session: ClientSession, text: string): readonly string[] {
  session.receive(encodeUtf8(text))
  const events: string[] = []
  for (let event = session.poll(); event !== undefined; event = session.poll())
    events.push('reply' in event ? `${event.reply?.code} ${event.reply?.text.join('|')}` : event.kind)
  session.takeOutput()
  return events
}

describe('SIZE', () => {
  it('says nothing of where content ends', async () => {
    for (const declared of [5, 900]) {
      const { peer, line } = await heard([size])
      await line(`MAIL FROM:<a@client.example> SIZE=${declared}`)
      await line('RCPT TO:<b@example.org>')
      await line('DATA')
      expect(await line('Subject: longer than five')).toEqual([])
      expect(codes(await line('\r\nx\r\n.\r\nNOOP'))).toEqual(['250', '250'])
      expect(peer.content).toBe('Subject: longer than five\r\n\r\nx\r\n')
    }
  })
})

describe('CHUNKING', () => {
  it('leaves DATA as it is', async () => {
    const { peer, line } = await heard([chunking])
    await line('MAIL FROM:<a@client.example>')
    await line('RCPT TO:<b@example.org>')
    expect(codes(await line('DATA'))).toEqual(['354'])
    expect(codes(await line('x\r\n.'))).toEqual(['250'])
    expect(peer.bodies).toBe(1)
  })
})

describe('BINARYMIME', () => {
  it('content that calls itself binary is taken without the parameter', async () => {
    for (const end of ['DATA', 'BDAT']) {
      const { peer, line } = await heard([eightBitMime, chunking, binaryMime])
      const content = 'MIME-Version: 1.0\r\nContent-Type: image/x\r\nContent-Transfer-Encoding: binary\r\n\r\nx\r\n'
      await line('MAIL FROM:<a@client.example>')
      await line('RCPT TO:<b@example.org>')
      if (end === 'DATA') await line('DATA')
      const last = end === 'DATA' ? `${content}.` : `BDAT ${content.length} LAST\r\n${content.slice(0, -2)}`
      expect(codes(await line(last))).toEqual(['250'])
      expect(peer.bodies).toBe(1)
    }
  })
})

describe('DSN', () => {
  it('a command line of 1036 characters is taken', async () => {
    const { line } = await heard([dsn])
    await line('MAIL FROM:<a@client.example>')
    const orcpt = ` NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;${'x'.repeat(480)}`
    const command = `RCPT TO:<b@example.org>${' '.repeat(1036 - 2 - 'RCPT TO:<b@example.org>'.length - orcpt.length)}${orcpt}`
    expect(`${command}\r\n`).toHaveLength(1036)
    expect(codes(await line(command))).toEqual(['250'])
  })

  it('gets the reply that a command without its parameters gets', async () => {
    const { line } = await heard([dsn])
    const plain = await line('MAIL FROM:<a@client.example>')
    const plainTo = await line('RCPT TO:<b@example.org>')
    for (const asked of ['RET=HDRS', 'RET=FULL ENVID=QQ+2B1', 'ENVID=x']) {
      await line('RSET')
      expect(await line(`MAIL FROM:<a@client.example> ${asked}`)).toEqual(plain)
      for (const wish of ['NOTIFY=NEVER', 'NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.org', 'ORCPT=x400;/c+3Dus/'])
        expect(await line(`RCPT TO:<b@example.org> ${wish}`)).toEqual(plainTo)
    }
  })
})

describe('STARTTLS', () => {
  it('a client takes up what the server offers under TLS, and nothing of what it offered before', () => {
    const session = greeted({ extensions: [limits, startTls, pipelining] }, 'STARTTLS', 'LIMITS RCPTMAX=5', 'SIZE 10')
    expect(readLimits(session.offers)).toEqual({ rcptMax: 5 })
    session.startTls()
    session.takeOutput()
    hear(session, '220 go\r\n')
    session.tlsStarted()
    session.takeOutput()
    expect([...session.offers]).toEqual([])
    hear(session, hello('PIPELINING'))
    expect([...session.offers.keys()]).toEqual(['PIPELINING'])
    expect(readLimits(session.offers)).toEqual({})
  })

  it('between 220 and the handshake a client says nothing, and hears nothing', () => {
    const asked = (): ClientSession => {
      const session = greeted({ extensions: [startTls] }, 'STARTTLS')
      session.startTls()
      session.takeOutput()
      hear(session, '220 go\r\n')
      return session
    }
    const silent = asked()
    expect(() => silent.command('NOOP', '')).toThrow('out of turn')
    expect([silent.mode, silent.takeOutput()]).toEqual(['want-tls', undefined])
    const spokenTo = asked()
    spokenTo.receive(encodeUtf8('2'))
    expect([spokenTo.mode, spokenTo.poll()?.kind]).toEqual(['closed', 'lost'])
  })

  it('is not asked for under TLS, whatever the server offers', () => {
    const session = greeted({ extensions: [startTls], tls: true }, 'STARTTLS')
    expect(session.offers.has('STARTTLS')).toBe(true)
    expect(() => session.startTls()).toThrow('out of turn')
  })
})

describe('AUTH', () => {
  const credentials = { authcid: 'ada', password: new Secret('secret') }

  it('an empty initial response is said as "="', async () => {
    const said: string[] = []
    const connection: AuthConnection = {
      offers: new Map([['AUTH', ['EXTERNAL']]]),
      tls: undefined,
      command: (verb, argument) => {
        said.push(`${verb} ${argument}`)
        return Promise.resolve({ code: 235, text: [''] })
      },
      respond: () => Promise.resolve<Reply | undefined>(undefined),
      close: () => undefined,
    }
    const result = await authenticate(connection, createSaslClient([externalClient()]), { trust: 'any' })
    expect([result.kind, said]).toEqual(['authenticated', ['AUTH EXTERNAL =']])
  })

  it('may be tried at least three times in a session', async () => {
    const sasl = createSaslServer([plainServer()])
    const channel = { encrypted: true }
    const authenticator = createAuthenticator(sasl, () => channel, { password: () => 'refused' })
    const { peer, line } = await heard([auth(() => sasl.offer(channel))], authenticator)
    for (let attempt = 1; attempt <= 4; attempt++)
      expect(codes(await line('AUTH PLAIN AGFkYQBzZWNyZXQ='))).toEqual(['535'])
    expect(peer.session.mode).toBe('open')
  })

  it('lists no password mechanism in clear, and takes none', async () => {
    const sasl = createSaslServer([plainServer()])
    for (const tls of ['available', 'active'] as const) {
      const channel = { encrypted: tls === 'active' }
      const authenticator = createAuthenticator(sasl, () => channel, { password: () => 'accepted' })
      const peer = talk({ tls }, [auth(() => sasl.offer(channel))], authenticator)
      await peer.say(octetsOf(''))
      const offers = await peer.say(octetsOf('EHLO client.example\r\n'))
      const [answer = ''] = await peer.say(octetsOf('AUTH PLAIN AGFkYQBzZWNyZXQ=\r\n'))
      expect([offers.some((one) => one.includes('PLAIN')), answer.slice(0, 3)]).toEqual(
        tls === 'active' ? [true, '235'] : [false, '503'],
      )
    }
    // The client does not say its password either, whatever the server lists.
    const connection: AuthConnection = {
      offers: new Map([['AUTH', ['PLAIN']]]),
      tls: undefined,
      command: () => Promise.reject(new Error('it was said')),
      respond: () => Promise.reject(new Error('it was said')),
      close: () => undefined,
    }
    const plain = createSaslClient([plainClient(credentials)])
    expect(await authenticate(connection, plain)).toEqual({ kind: 'no-mechanism' })
  })

  it('stands behind no other command of a group, and no command behind it', () => {
    const session = greeted({ extensions: [pipelining] }, 'PIPELINING', 'AUTH PLAIN')
    session.send({
      reversePath: { kind: 'null' },
      recipients: [{ forwardPath: parseMailbox('b@example.org') ?? { kind: 'postmaster' } }],
    })
    expect(() => session.command('AUTH', 'PLAIN')).toThrow('out of turn')
    const other = greeted({ extensions: [pipelining] }, 'PIPELINING', 'AUTH PLAIN')
    other.command('AUTH', 'PLAIN')
    expect(() => other.command('NOOP', '')).toThrow('out of turn')
    expect(() => other.send({ reversePath: { kind: 'null' }, recipients: [] })).toThrow('out of turn')
  })

  it('a client that has authenticated says AUTH=<> of every message', () => {
    const session = greeted({ extensions: [auth(() => ['PLAIN'])] }, 'AUTH PLAIN')
    const line = (): string => {
      session.send({
        reversePath: { kind: 'null' },
        recipients: [{ forwardPath: parseMailbox('b@example.org') ?? { kind: 'postmaster' } }],
      })
      return new TextDecoder().decode(session.takeOutput())
    }
    session.command('AUTH', 'PLAIN AGFkYQBzZWNyZXQ=')
    session.takeOutput()
    hear(session, '235 yes\r\n')
    expect(line()).toBe('MAIL FROM:<> AUTH=<>\r\n')
  })
})

describe('SMTPUTF8', () => {
  it('is offered without a parameter', async () => {
    const { offers } = await heard([eightBitMime, smtpUtf8])
    expect(offers).toEqual(['250-mx.example.org', '250-8BITMIME', '250 SMTPUTF8'])
  })

  it('mailboxes beyond ASCII are taken wherever a mailbox stands', async () => {
    const { line, peer } = await heard([eightBitMime, smtpUtf8, vrfy, expn, dsn])
    const told: unknown[] = []
    const { session } = peer
    for (const verb of ['VRFY', 'EXPN']) {
      session.receive(encodeUtf8(`${verb} <дмитрий@ех.example> SMTPUTF8\r\n`))
      const event = session.poll()
      if (event?.kind !== 'lookup') throw new Error('nothing was asked')
      told.push([event.argument, event.utf8])
      session.answer(event, reply(252, '5.0', 'Perhaps'))
      session.takeOutput()
    }
    expect(told).toEqual([
      ['дмитрий@ех.example', true],
      ['дмитрий@ех.example', true],
    ])
    expect(codes(await line('MAIL FROM:<дмитрий@ех.example> SMTPUTF8'))).toEqual(['250'])
    const wish = 'ORCPT=utf-8;дмитрий@ех.example'
    expect(codes(await line(`RCPT TO:<дмитрий@ех.example> ${wish}`))).toEqual(['250'])
  })

  it('a client reads UTF-8 in replies to RCPT, VRFY and EXPN', () => {
    const session = greeted({ extensions: [eightBitMime, smtpUtf8] }, '8BITMIME', 'SMTPUTF8')
    for (const [verb, text] of [
      ['VRFY', '250 <дмитрий@ех.example>'],
      ['EXPN', '250 <дмитрий@ех.example>'],
      ['RCPT', '551 <дмитрий@ех.example>'],
    ] as const) {
      session.command(verb, 'x SMTPUTF8')
      session.takeOutput()
      expect(hear(session, `${text}\r\n`)).toEqual([text])
    }
  })
})
