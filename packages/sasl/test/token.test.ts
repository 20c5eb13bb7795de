import { describe, expect, it } from 'vitest'
import {
  createSaslClient,
  createSaslServer,
  type NeedAnswer,
  oauthBearerClient,
  oauthBearerServer,
  SaslError,
  Secret,
  type ServerStep,
  xoauth2Client,
  xoauth2Server,
} from '../src/index.ts'
import { clear, converse, must, settle, text, tls, utf8, vectors } from './rig.ts'

const server = createSaslServer([xoauth2Server(), oauthBearerServer()])
const token = new Secret('vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==')
const credentials = { authzid: 'user@example.com', token, host: 'server.example.com', port: 587 }
const refusal = {
  status: 'invalid_token',
  scope: 'example_scope',
  openidConfiguration: 'https://example.com/.well-known/openid-config',
}

interface Vector {
  readonly name: string
  readonly message: string
  readonly need?: { readonly authzid: string; readonly host?: string; readonly port?: number; readonly token: string }
  readonly failure?: string
}

describe.each(vectors<readonly Vector[]>('oauthbearer'))('OAUTHBEARER: $name', ({ message, need, failure }) => {
  it('is read as written', () => {
    const exchange = must(server.begin('OAUTHBEARER', tls))
    const step = exchange.start(utf8(message))
    if (need === undefined) return expect(step).toEqual({ kind: 'failure', reason: failure })
    const { token: secret, ...rest } = need
    expect(step).toMatchObject({ kind: 'need', need: { kind: 'token', host: undefined, port: undefined, ...rest } })
    expect(step.kind === 'need' && step.need.kind === 'token' && step.need.token.reveal()).toBe(secret)
  })
})

it('is offered where nobody listens, OAUTHBEARER first', () => {
  expect(server.offer(tls)).toEqual(['OAUTHBEARER', 'XOAUTH2'])
  expect(server.offer(clear)).toEqual([])
})

const clients = { OAUTHBEARER: oauthBearerClient(credentials), XOAUTH2: xoauth2Client(credentials) }
const meet = (name: keyof typeof clients, answer: NeedAnswer) => {
  const client = must(createSaslClient([clients[name]]).begin([name], tls))
  return converse(client, must(server.begin(name, tls)), (need) =>
    need.kind === 'token' ? answer : need.kind === 'authorization' && need.authcid === 'admin' ? 'accepted' : 'refused',
  )
}

describe.each([
  [
    'OAUTHBEARER' as const,
    `n,a=user@example.com,\u0001host=server.example.com\u0001port=587\u0001auth=Bearer ${token.reveal()}\u0001\u0001`,
    '{"status":"invalid_token","scope":"example_scope","openid-configuration":"https://example.com/.well-known/openid-config"}',
    '\u0001',
  ],
  [
    'XOAUTH2' as const,
    `user=user@example.com\u0001auth=Bearer ${token.reveal()}\u0001\u0001`,
    '{"status":"401","schemes":"bearer","scope":"example_scope"}',
    '',
  ],
])('%s', (name, first, error, dummy) => {
  it('logs in', () => {
    expect(meet(name, { authcid: 'user@example.com' })).toEqual({
      server: { kind: 'success', identity: { authcid: 'user@example.com', authzid: 'user@example.com' } },
      client: 'trusts',
      messages: [first],
    })
  })

  it('another owner of the token may act as the user, if the caller says so', () => {
    expect(meet(name, { authcid: 'admin' }).server).toMatchObject({ identity: { authcid: 'admin' } })
    expect(meet(name, { authcid: 'mallory' }).server).toEqual({ kind: 'failure', reason: 'not-authorized' })
  })

  it('tells why it refuses, waits for the dummy response, and fails', () => {
    expect(meet(name, { refused: refusal })).toEqual({
      server: { kind: 'failure', reason: 'refused' },
      client: 'refused',
      messages: [first, error, dummy],
    })
  })

  it('fails whatever the client answers, or when it cancels', () => {
    for (const end of [
      (one: ReturnType<typeof begun>) => one.next(utf8('auth=Bearer again')),
      (one: ReturnType<typeof begun>) => one.cancel(),
    ])
      expect(end(begun()).kind).toBe('failure')
    function begun() {
      const exchange = must(server.begin(name, tls))
      expect(settle(exchange, exchange.start(utf8(first)), () => ({ refused: refusal })).kind).toBe('challenge')
      return exchange
    }
  })

  it('the client reads the reason, and nothing but text from it', () => {
    const begin = () => {
      const client = must(createSaslClient([clients[name]]).begin([name], tls))
      client.start()
      return client
    }
    const client = begin()
    const step = client.next(utf8(error))
    expect(step).toMatchObject({ kind: 'respond', refusal: { scope: 'example_scope' } })
    expect(client.succeed()).toBe('server-unverified')
    expect(client.mechanism).toBe(name)
    for (const odd of ['', '{', '[]', 'null', '{"status":401}', '{"__proto__":{"status":"x"}}', '['.repeat(12_288)])
      expect(begin().next(utf8(odd))).toEqual({ kind: 'abort', reason: 'malformed' })
    expect(begin().next(utf8('{"status":"x","scope":7}'))).toMatchObject({ refusal: { status: 'x' } })
  })
})

describe('credentials', () => {
  const code = (make: () => unknown): unknown => {
    try {
      make()
    } catch (error) {
      return SaslError.is(error, 'SASL_BAD_CREDENTIALS') && error.detail.what
    }
    return 'no error'
  }
  it.each(['', 'two words', 'line\r\nfeed', 'caf\u00e9', 'x'.repeat(8193)])(
    'refuses a token that is none (%#)',
    (bad) => {
      expect(code(() => oauthBearerClient({ token: new Secret(bad) }))).toBe('token')
      expect(code(() => xoauth2Client({ ...credentials, token: new Secret(bad) }))).toBe('token')
    },
  )
  it('refuses hosts and ports that would break the message', () => {
    expect(code(() => oauthBearerClient({ token, host: 'a\u0001b' }))).toBe('host')
    expect(code(() => oauthBearerClient({ token, port: 0 }))).toBe('host')
    expect(code(() => xoauth2Client({ token }))).toBe('authzid')
  })
  it('may leave the identity out', () => {
    const client = must(createSaslClient([oauthBearerClient({ token })]).begin(['OAUTHBEARER'], tls))
    expect(text(must(client.start()))).toBe(`n,,\u0001auth=Bearer ${token.reveal()}\u0001\u0001`)
  })
})

it('a need that is shown shows no token', () => {
  const step: ServerStep = must(server.begin('XOAUTH2', tls)).start(utf8('user=a\u0001auth=Bearer hunter2\u0001\u0001'))
  expect(JSON.stringify(step)).not.toContain('hunter2')
  expect(String(step.kind === 'need' && step.need.kind === 'token' && step.need.token)).toBe('[secret]')
})
