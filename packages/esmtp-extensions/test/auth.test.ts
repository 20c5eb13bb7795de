import {
  type Channel,
  cramMd5Client,
  cramMd5Server,
  createSaslClient,
  createSaslServer,
  loginClient,
  loginServer,
  oauthBearerClient,
  oauthBearerServer,
  plainClient,
  plainServer,
  Secret,
} from '@angarium/sasl'
import { type Reply, reply } from '@angarium/smtp-wire'
import { type ClientConnection, connect, type ServerHandler, serve } from '@angarium/smtp-wire/drive'
import { createManualClock, createNetwork } from '@angarium/smtp-wire/testing'
import { describe, expect, it } from 'vitest'
import {
  type AuthAnswers,
  type AuthConnection,
  auth,
  authenticate,
  createAuthenticator,
  enhancedStatusCodes,
} from '../src/index.ts'

const channel: Channel = { encrypted: true }
const anyway = { trust: 'any' } as const
const credentials = { authcid: 'ada', password: new Secret('secret') }
const servers = createSaslServer([cramMd5Server('mx.example.org'), plainServer(), loginServer(), oauthBearerServer()])

const answers: AuthAnswers = {
  password: ({ authcid, password }) => (authcid === 'ada' && password.reveal() === 'secret' ? 'accepted' : 'refused'),
  secret: async ({ authcid }) => (authcid === 'ada' ? new Secret('secret') : 'unknown'),
  token: ({ token }) =>
    token.reveal().startsWith('good') ? { authcid: 'ada' } : { refused: { status: 'invalid_token' } },
}

/** A client before a server that authenticates, and who the server took it for. */
async function dial(
  given: AuthAnswers = answers,
  offered = servers,
): Promise<{ readonly connection: ClientConnection; readonly senders: readonly (string | undefined)[] }> {
  const clock = createManualClock()
  const network = createNetwork({ clock })
  const senders: (string | undefined)[] = []
  const authenticator = createAuthenticator(offered, () => channel, given)
  const handler: ServerHandler = {
    greet: () => reply(220, undefined, 'mx.example.org'),
    hello: () => 'accept',
    mail: () => reply(250, '1.0', 'OK'),
    rcpt: () => reply(250, '1.5', 'OK'),
    dataStart: () => 'go',
    body: () => undefined,
    dataEnd: () => reply(250, '0.0', 'OK'),
    async verb(event) {
      const answer = await authenticator(event)
      if ('identity' in answer) senders.push(answer.identity)
      return answer
    },
    lookup: () => reply(502, '5.1', 'No'),
    ended: () => undefined,
    fault: () => undefined,
    secured: () => undefined,
    closed: () => undefined,
  }
  const extensions = [enhancedStatusCodes, auth(() => offered.offer(channel))]
  network.listen('192.0.2.25', 587, (transport) => {
    void serve(transport, { hostname: 'mx.example.org', extensions, handler, clock })
  })
  const transport = await network.dialer('192.0.2.1').dial({ address: '192.0.2.25', port: 587 }, { timeout: 1_000 })
  const opening = await connect(transport, { hostname: 'client.example', extensions, clock })
  if (opening.kind !== 'open') throw new Error(opening.kind)
  return { connection: opening.connection, senders }
}

it.each([
  [undefined, 'no-mechanism'],
  [{ protocol: 'TLSv1.3', cipher: 'x', verified: false, because: 'ERR_TLS_CERT_ALTNAME_INVALID' }, 'no-mechanism'],
  [{ protocol: 'TLSv1.3', cipher: 'x', verified: true }, 'authenticated'],
] as const)('a password is shown only under TLS with a certificate that holds (%j)', async (tls, kind) => {
  const { connection } = await dial()
  const seen: AuthConnection = {
    offers: connection.offers,
    tls,
    command: (verb, argument) => connection.command(verb, argument),
    respond: (line) => connection.respond(line),
    close: () => connection.close(),
  }
  expect(await authenticate(seen, createSaslClient([plainClient(credentials)]))).toMatchObject({ kind })
})

describe('AUTH, both halves', () => {
  const mechanisms = [cramMd5Client(credentials), plainClient(credentials), loginClient(credentials)]
  it.each(mechanisms.map((one) => [one.name, one] as const))('%s', async (name, mechanism) => {
    const { connection, senders } = await dial()
    const result = await authenticate(connection, createSaslClient([mechanism]), anyway)
    expect([result, senders]).toEqual([{ kind: 'authenticated', mechanism: name }, ['ada']])
    expect(await connection.command('AUTH', 'PLAIN')).toMatchObject({ code: 503 })
    expect(connection.usable).toBe(true)
  })

  it.each(mechanisms.map(({ name }) => name))('%s with a wrong password', async (name) => {
    const { connection, senders } = await dial()
    const wrong = { ...credentials, password: new Secret('other') }
    const sasl = createSaslClient(
      [cramMd5Client(wrong), plainClient(wrong), loginClient(wrong)].filter((one) => one.name === name),
    )
    expect(await authenticate(connection, sasl, anyway)).toMatchObject({
      kind: 'refused',
      mechanism: name,
      reply: { code: 535 },
    })
    expect([senders, connection.usable]).toEqual([[], true])
    expect(await authenticate(connection, createSaslClient(mechanisms), anyway)).toMatchObject({
      kind: 'authenticated',
    })
  })

  it('sends an initial response that fits no command line behind it', async () => {
    const token = (text: string) => ({ token: new Secret(text.padEnd(2_000, 'x')), host: 'mx.example.org', port: 587 })
    const { connection, senders } = await dial()
    const bad = createSaslClient([oauthBearerClient(token('bad'))])
    expect(await authenticate(connection, bad, anyway)).toMatchObject({
      kind: 'refused',
      reply: { code: 535 },
      token: { status: 'invalid_token' },
    })
    const good = createSaslClient([oauthBearerClient(token('good'))])
    expect(await authenticate(connection, good, anyway)).toMatchObject({ kind: 'authenticated' })
    expect(senders).toEqual(['ada'])
  })

  it('has no mechanism in common', async () => {
    const { connection } = await dial(answers, createSaslServer([loginServer()]))
    expect(await authenticate(connection, createSaslClient([plainClient(credentials)]), anyway)).toEqual({
      kind: 'no-mechanism',
    })
  })

  it('says 454 where nobody can tell, and 535 where another identity is asked for', async () => {
    const one = await dial({})
    const plain = createSaslClient([plainClient(credentials)])
    expect(await authenticate(one.connection, plain, anyway)).toMatchObject({ kind: 'refused', reply: { code: 454 } })
    const other = await dial()
    const asOther = createSaslClient([plainClient({ ...credentials, authzid: 'eve' })])
    expect(await authenticate(other.connection, asOther, anyway)).toMatchObject({
      kind: 'refused',
      reply: { code: 535 },
    })
    const allowed = await dial({ ...answers, authorization: () => 'accepted' })
    expect(await authenticate(allowed.connection, asOther, anyway)).toMatchObject({ kind: 'authenticated' })
    expect(allowed.senders).toEqual(['eve'])
  })

  it("is over when the owner's answer fails, and can be begun anew", async () => {
    let fails = true
    const { connection } = await dial({
      password() {
        if (fails) throw new Error('no database')
        return 'accepted'
      },
    })
    const plain = createSaslClient([plainClient(credentials)])
    expect(await authenticate(connection, plain, anyway)).toMatchObject({ kind: 'refused', reply: { code: 451 } })
    fails = false
    expect(await authenticate(connection, plain, anyway)).toMatchObject({ kind: 'authenticated' })
  })
})

describe('what a server says to each line', () => {
  it.each([
    ['cancelled', ['AUTH PLAIN', '*'], [334, 501], '5.7.0'],
    ['a response that is no base64', ['AUTH PLAIN', 'AGFk=YQ'], [334, 501], '5.5.2'],
    ['a response that is none of the mechanism', ['AUTH PLAIN', 'AAAA'], [334, 501], '5.5.2'],
    ['an empty response', ['AUTH PLAIN', ''], [334, 501], '5.5.2'],
    ['an initial response where the server speaks first', ['AUTH CRAM-MD5 ='], [501], '5.7.0'],
    ['the example of the RFC', ['AUTH PLAIN', 'AGFkYQBzZWNyZXQ='], [334, 235], '2.7.0'],
    ['the longest line', ['AUTH PLAIN', 'A'.repeat(12_284)], [334, 501], '5.5.2'],
  ])('%s', async (_, lines, codes, status) => {
    const { connection } = await dial()
    const replies: (Reply | undefined)[] = []
    for (const line of lines)
      replies.push(
        await (line.startsWith('AUTH ') ? connection.command('AUTH', line.slice(5)) : connection.respond(line)),
      )
    expect(replies.map((one) => one?.code)).toEqual(codes)
    expect(replies.at(-1)?.status).toBe(status)
    expect(await connection.probe()).toBe(true)
  })
})

it('a line without an exchange, or behind its end, is nothing', async () => {
  const authenticator = createAuthenticator(servers, () => channel, answers)
  const say = (line: string | undefined) => authenticator({ kind: 'verb', verb: 'AUTH', argument: 'PLAIN', line })
  expect(await say('AGFkYQBzZWNyZXQ=')).toMatchObject({ code: 501 })
  expect(await say(undefined)).toMatchObject({ code: 334 })
  expect(await say('AGFkYQBvdGhlcg==')).toMatchObject({ code: 535 })
  expect(await say('AGFkYQBzZWNyZXQ=')).toMatchObject({ code: 501 })
})

describe('what a client makes of each reply', () => {
  /** A server that says these, and the lines that were said to it. */
  function scripted(replies: readonly (Reply | undefined)[], offer: readonly string[]) {
    const said: string[] = []
    const next = (line: string): Promise<Reply | undefined> => {
      said.push(line)
      return Promise.resolve(replies[said.length - 1])
    }
    const connection: AuthConnection = {
      tls: undefined,
      offers: new Map([['AUTH', offer]]),
      command: (verb, argument) => next(`${verb} ${argument}`),
      respond: next,
      close: () => void said.push('closed'),
    }
    return { connection, said }
  }
  const both = createSaslClient([cramMd5Client(credentials), plainClient(credentials)])
  const bare = (code: number, ...text: string[]): Reply => ({ code, text })

  it.each([504, 534, 538])('%i: the next mechanism', async (code) => {
    const { connection, said } = scripted([bare(code, ''), bare(235, '')], ['PLAIN', 'CRAM-MD5'])
    const result = await authenticate(connection, both, anyway)
    expect(result.kind).toBe('authenticated')
    expect(said.map((line) => line.split(' ')[1]).sort()).toEqual(['CRAM-MD5', 'PLAIN'])
  })

  it.each([421, 432, 454, 500, 535, 550])('%i: the last word', async (code) => {
    const { connection, said } = scripted([bare(code, '')], ['PLAIN', 'CRAM-MD5'])
    expect(await authenticate(connection, both, anyway)).toMatchObject({ kind: 'refused', reply: { code } })
    expect(said.length).toBe(1)
  })

  it.each([['no base64!'], ['=AAA'], ['AAAA', 'AAAA']])('a challenge that is none cancels', async (...text) => {
    const { connection, said } = scripted([bare(334, ...text), bare(501, '')], ['CRAM-MD5'])
    expect(await authenticate(connection, both, anyway)).toEqual({
      kind: 'given-up',
      mechanism: 'CRAM-MD5',
      because: 'malformed',
    })
    expect(said[1]).toBe('*')
  })

  it('an initial response of more than a line waits to be asked for', async () => {
    const token = new Secret('x'.repeat(500))
    const sasl = createSaslClient([oauthBearerClient({ token, host: 'mx.example.org', port: 587 })])
    const { connection, said } = scripted([bare(334, ''), bare(235, '')], ['OAUTHBEARER'])
    expect((await authenticate(connection, sasl, anyway)).kind).toBe('authenticated')
    expect([said.length, said[0]]).toEqual([2, 'AUTH OAUTHBEARER'])
  })

  it('a challenge too many cancels, and a lost session is lost', async () => {
    const many = scripted([bare(334, ''), bare(501, '')], ['PLAIN'])
    expect(await authenticate(many.connection, both, anyway)).toMatchObject({ because: 'unexpected-challenge' })
    for (const replies of [[], [bare(334, '')]])
      expect(await authenticate(scripted(replies, ['PLAIN']).connection, both, anyway)).toEqual({ kind: 'lost' })
  })

  it('yes too early is not believed, and ends the connection', async () => {
    const { connection, said } = scripted([bare(235, '')], ['CRAM-MD5'])
    expect((await authenticate(connection, both, anyway)).kind).toBe('given-up')
    expect(said).toEqual(['AUTH CRAM-MD5', 'closed'])
  })
})
