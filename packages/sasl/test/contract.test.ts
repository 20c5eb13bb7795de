import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ask,
  authorize,
  type ClientMechanism,
  challenge,
  createSaslClient,
  createSaslServer,
  decodeBase64,
  encodeBase64,
  failure,
  passwordClients,
  plainClient,
  plainServer,
  SaslError,
  Secret,
  type ServerMechanism,
} from '../src/index.ts'
import { must, tls, utf8 } from './rig.ts'

const secret = new Secret('hunter2')

it('a secret shows itself to nobody', () => {
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect(secret, { depth: 9 }), `${secret}`])
    expect(shown).not.toContain('hunter2')
  expect(secret.reveal()).toBe('hunter2')
})

describe('order of calls', () => {
  const misuse = (call: () => unknown) => {
    try {
      call()
    } catch (error) {
      if (SaslError.is(error, 'SASL_MISUSE')) return error.detail
    }
    return undefined
  }
  const server = createSaslServer([plainServer()])
  const begin = () => must(server.begin('PLAIN', tls))
  const message = utf8('\0tim\0hunter2')

  it('is held on the server', () => {
    const fresh = begin()
    expect(misuse(() => fresh.next(message))).toEqual({ mechanism: 'PLAIN', call: 'next' })
    expect(misuse(() => fresh.cancel())).toBeDefined()
    const step = fresh.start(message)
    if (step.kind !== 'need' || step.need.kind !== 'password') throw new Error(step.kind)
    const { need } = step
    expect(misuse(() => fresh.next(message))).toBeDefined()
    expect(misuse(() => fresh.answer({ ...need }, 'accepted'))).toBeDefined()
    expect(fresh.answer(need, 'accepted').kind).toBe('success')
    expect(misuse(() => fresh.answer(need, 'accepted'))).toBeDefined()
  })

  it('is held on the client', () => {
    const client = must(createSaslClient([plainClient({ authcid: 'tim', password: secret })]).begin(['PLAIN'], tls))
    expect(misuse(() => client.next(message))).toEqual({ mechanism: 'PLAIN', call: 'next' })
    expect(misuse(() => client.succeed())).toBeDefined()
    client.start()
    expect(misuse(() => client.start())).toBeDefined()
    expect(client.succeed()).toBeUndefined()
    expect(misuse(() => client.succeed())).toBeDefined()
    expect(misuse(() => client.next(message))).toBeDefined()
  })
})

describe('mechanisms of others', () => {
  /** Says a word and wants to hear it backwards. */
  const echoServer: ServerMechanism = {
    name: 'X-ECHO',
    strength: 25,
    available: () => true,
    *run({ nonce }) {
      const word = nonce()
      const heard = yield* challenge(utf8(word))
      if (new TextDecoder().decode(heard) !== [...word].reverse().join('')) return failure('refused')
      const answer = yield* ask({ kind: 'anonymous', trace: word })
      return typeof answer === 'string' ? failure(answer) : yield* authorize(answer.authcid, '')
    },
  }
  const echoClient: ClientMechanism = {
    name: 'X-ECHO',
    strength: 25,
    available: () => true,
    *run() {
      const word = yield { octets: undefined, complete: false }
      yield { octets: word.slice().reverse(), complete: true }
      return 'unexpected-challenge'
    },
  }

  it('stand in the order of their strength', () => {
    const server = createSaslServer([plainServer(), echoServer])
    expect(server.offer(tls)).toEqual(['X-ECHO', 'PLAIN'])
    const client = must(createSaslClient([echoClient]).begin(['x-echo', 'PLAIN'], tls))
    const exchange = must(server.begin(client.mechanism, tls))
    expect(client.start()).toBeUndefined()
    const first = exchange.start()
    const said = client.next(first.kind === 'challenge' ? first.octets : utf8(''))
    const step = exchange.next(said.kind === 'respond' ? said.octets : utf8(''))
    expect(step.kind === 'need' && exchange.answer(step.need, { authcid: 'echo' })).toMatchObject({ kind: 'success' })
  })

  it.each(['', 'lower', 'TWENTY-ONE-CHARACTERS', 'SP ACE'])('need a name that is one: %s', (name) => {
    expect(() => createSaslServer([{ ...echoServer, name }])).toThrow(SaslError)
  })

  it('need different names', () => {
    expect(() => createSaslClient([echoClient, echoClient])).toThrow(SaslError)
  })
})

describe('credentials that cannot be sent', () => {
  it.each([
    ['authcid', { authcid: '', password: secret }],
    ['authcid', { authcid: 'a\0b', password: secret }],
    ['authzid', { authcid: 'a', authzid: 'x'.repeat(1025), password: secret }],
    ['password', { authcid: 'a', password: new Secret('\u0007') }],
  ] as const)('%s', (what, credentials) => {
    expect(() => passwordClients(credentials)).toThrow(
      expect.objectContaining({ code: 'SASL_BAD_CREDENTIALS', detail: { what } }),
    )
  })
})

describe('base64', () => {
  it('goes both ways', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (octets) => {
        const text = encodeBase64(octets)
        expect(text).toBe(Buffer.from(octets).toString('base64'))
        expect(decodeBase64(text)).toEqual(octets)
      }),
    )
  })

  it.each([
    '=',
    '====',
    'A',
    'AA',
    'AAA',
    'AA=A',
    '=AAA',
    'AAA=BBBB',
    'AB==',
    'AAB=',
    'AA A',
    'AAAA\r\n',
    'AA-_',
    'AAA\u0141',
  ])('is none: %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined()
  })

  it('what decodes was written so', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('A', 'B', '+', '/', '=', '9'), maxLength: 12 }), (text) => {
        const octets = decodeBase64(text)
        if (octets !== undefined) expect(encodeBase64(octets)).toBe(text)
      }),
    )
  })
})
