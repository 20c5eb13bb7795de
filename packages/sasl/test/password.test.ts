import { describe, expect, it } from 'vitest'
import {
  createSaslClient,
  createSaslServer,
  loginClient,
  loginServer,
  plainClient,
  plainServer,
  Secret,
} from '../src/index.ts'
import { type Answerer, clear, converse, must, settle, tls, utf8, vectors } from './rig.ts'

const server = createSaslServer([loginServer(), plainServer()])
const tim = { authcid: 'tim', password: new Secret('tanstaaftanstaaf') }

/** Knows Tim; he may act as `ursel`, as in RFC 4616. */
const knowsTim: Answerer = (need) => {
  if (need.kind === 'password')
    return need.authcid === 'tim' && need.password.reveal() === 'tanstaaftanstaaf' ? 'accepted' : 'refused'
  if (need.kind === 'authorization') return need.authcid === 'tim' && need.authzid === 'Ursel' ? 'accepted' : 'refused'
  throw new Error(need.kind)
}

describe('what is offered', () => {
  it('passwords in clear only where nobody listens', () => {
    expect(server.offer(tls)).toEqual(['PLAIN', 'LOGIN'])
    expect(server.offer(clear)).toEqual([])
    expect(server.begin('PLAIN', clear)).toBeUndefined()
    expect(server.begin('plain', tls)?.mechanism).toBe('PLAIN')
    const client = createSaslClient([loginClient(tim), plainClient(tim)])
    expect(client.begin(['login', 'plain'], tls)?.mechanism).toBe('PLAIN')
    expect(client.begin(['login', 'plain'], tls, new Set(['PLAIN']))?.mechanism).toBe('LOGIN')
    expect(client.begin(['login', 'plain'], clear)).toBeUndefined()
  })
})

interface Message {
  readonly name: string
  readonly message: string
  readonly identity?: { readonly authcid: string; readonly authzid: string }
  readonly failure?: string
}

describe.each(vectors<readonly Message[]>('plain'))('PLAIN: $name', ({ message, identity, failure }) => {
  const expected = identity ? { kind: 'success', identity } : { kind: 'failure', reason: failure }
  it('as initial response', () => {
    const exchange = must(server.begin('PLAIN', tls))
    expect(settle(exchange, exchange.start(utf8(message)), knowsTim)).toEqual(expected)
  })
  it('after an empty challenge', () => {
    const exchange = must(server.begin('PLAIN', tls))
    expect(exchange.start()).toEqual({ kind: 'challenge', octets: new Uint8Array(0) })
    expect(settle(exchange, exchange.next(utf8(message)), knowsTim)).toEqual(expected)
  })
})

describe('LOGIN', () => {
  it('asks for both, in the words old clients wait for', () => {
    const client = must(createSaslClient([loginClient(tim)]).begin(['LOGIN'], tls))
    expect(converse(client, must(server.begin('LOGIN', tls)), knowsTim)).toEqual({
      server: { kind: 'success', identity: { authcid: 'tim', authzid: 'tim' } },
      client: 'trusts',
      messages: [undefined, 'Username:', 'tim', 'Password:', 'tanstaaftanstaaf'],
    })
  })

  it('takes an initial response for the name', () => {
    const exchange = must(server.begin('LOGIN', tls))
    expect(exchange.start(utf8('tim'))).toEqual({ kind: 'challenge', octets: utf8('Password:') })
    expect(settle(exchange, exchange.next(utf8('tanstaaftanstaaf')), knowsTim).kind).toBe('success')
  })

  it('tells nothing about a name before the password came', () => {
    const exchange = must(server.begin('LOGIN', tls))
    expect(exchange.start(utf8('\u0007')).kind).toBe('challenge')
    expect(exchange.next(utf8('x'))).toEqual({ kind: 'failure', reason: 'refused' })
  })
})

it('PLAIN carries an authorization identity, LOGIN is not used for one', () => {
  const acting = { ...tim, authzid: 'Ursel' }
  const client = createSaslClient([loginClient(acting), plainClient(acting)])
  expect(client.begin(['LOGIN'], tls)).toBeUndefined()
  expect(converse(must(client.begin(['PLAIN'], tls)), must(server.begin('PLAIN', tls)), knowsTim)).toEqual({
    server: { kind: 'success', identity: { authcid: 'tim', authzid: 'Ursel' } },
    client: 'trusts',
    messages: ['Ursel\0tim\0tanstaaftanstaaf'],
  })
})
