import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  createRecord,
  createSaslClient,
  createSaslServer,
  decodeBase64,
  encodeBase64,
  type NeedAnswer,
  type ScramHash,
  Secret,
  scramClients,
  scramServers,
  verifierOf,
} from '../src/index.ts'
import { type Answerer, converse, must, settle, sharedVectors, text, tls, utf8, vectors } from './rig.ts'

interface Vector {
  readonly label: string
  readonly digest: ScramHash
  readonly user: string
  readonly pass: string
  readonly authID?: string
  readonly salt64: string
  readonly iters: number
  readonly clientNonce: string
  readonly serverNonce: string
  readonly steps: readonly string[]
}

const settings = { decoySecret: new Secret('sixteen octets or more') }

function serverOf(vector: Vector, serverNonce = vector.serverNonce) {
  const sasl = createSaslServer(scramServers(vector.digest, settings), { nonce: () => serverNonce })
  const salt = must(decodeBase64(vector.salt64.trim()))
  const scheme = { kind: 'scram', hash: vector.digest, iterations: vector.iters } as const
  const record = createRecord(new Secret(vector.pass), scheme, () => salt)
  const answer: Answerer = (need) => {
    if (need.kind === 'verifier') return verifierOf([record], need.hash)
    throw new Error(need.kind)
  }
  return { exchange: must(sasl.begin(`SCRAM-${vector.digest}`, tls)), answer }
}

function clientOf(vector: Vector) {
  const credentials = {
    authcid: vector.user,
    password: new Secret(vector.pass),
    ...(vector.authID && { authzid: vector.authID }),
  }
  const sasl = createSaslClient(scramClients(vector.digest, credentials), { nonce: () => vector.clientNonce })
  return must(sasl.begin([`SCRAM-${vector.digest}`], tls))
}

function serverPlays(vector: Vector) {
  const [first = '', serverFirst = '', final = ''] = vector.steps
  const { exchange, answer } = serverOf(vector)
  expect(settle(exchange, exchange.start(utf8(first)), answer)).toEqual({
    kind: 'challenge',
    octets: utf8(serverFirst),
  })
  return { exchange, step: settle(exchange, exchange.next(utf8(final)), answer) }
}

function clientPlays(vector: Vector) {
  const [first = '', serverFirst = '', final = '', serverFinal = ''] = vector.steps
  const client = clientOf(vector)
  expect(text(must(client.start()))).toBe(first)
  expect(client.next(utf8(serverFirst))).toEqual({ kind: 'respond', octets: utf8(final) })
  return { client, step: client.next(utf8(serverFinal)) }
}

function good(vector: Vector): void {
  it('the server sends what it should', () => {
    const { exchange, step } = serverPlays(vector)
    expect(step).toEqual({ kind: 'challenge', octets: utf8(vector.steps[3] ?? '') })
    expect(exchange.next(utf8(''))).toMatchObject({ kind: 'success' })
  })

  it('the client sends what it should and trusts the server', () => {
    const { client, step } = clientPlays(vector)
    expect(step).toEqual({ kind: 'respond', octets: utf8('') })
    expect(client.succeed()).toBeUndefined()
  })
}

const rfc = vectors<readonly Vector[]>('scram')
for (const vector of rfc) describe(vector.label, () => good(vector))

const folder = sharedVectors('scram')
const shared = (kind: string): readonly Vector[] =>
  folder === undefined
    ? []
    : readdirSync(join(folder, kind)).map(
        (name) => JSON.parse(readFileSync(join(folder, kind, name), 'utf8')) as Vector,
      )

it.skipIf(folder === undefined)('third-party exchanges (skipped where ../shared/vectors/scram is absent)', () => {
  expect(shared('good').length).toBeGreaterThan(0)
})
for (const vector of shared('good')) describe(`good: ${vector.label}`, () => good(vector))
for (const vector of shared('bad-client')) {
  it(`bad client: ${vector.label}`, () => {
    expect(serverPlays(vector).step).toEqual({ kind: 'failure', reason: 'refused' })
  })
}
for (const vector of shared('bad-server')) {
  it(`bad server: ${vector.label}`, () => {
    expect(clientPlays(vector).step).toEqual({ kind: 'abort', reason: 'server-unverified' })
  })
}

interface Fault {
  readonly name: string
  readonly message: string
  readonly reason: string
}

const faults =
  vectors<Record<'clientFirst' | 'clientFinal' | 'serverFirst' | 'serverFinal', readonly Fault[]>>('scram-faults')
const [, sha256] = rfc as [Vector, Vector]
const plain = { ...sha256, clientNonce: 'client', serverNonce: 'SERVER' }

describe('faults of the client', () => {
  it.each(faults.clientFirst)('first message: $name', ({ message, reason }) => {
    const { exchange, answer } = serverOf(plain)
    expect(settle(exchange, exchange.start(utf8(message)), answer)).toEqual({ kind: 'failure', reason })
  })

  it.each(faults.clientFinal)('final message: $name', ({ message, reason }) => {
    const { exchange, answer } = serverOf(plain)
    settle(exchange, exchange.start(utf8('n,,n=user,r=client')), answer)
    expect(exchange.next(utf8(message))).toEqual({ kind: 'failure', reason })
  })
})

it('a right proof with an octet more is none', () => {
  const [first = '', , final = ''] = sha256.steps
  const { exchange, answer } = serverOf(sha256)
  settle(exchange, exchange.start(utf8(first)), answer)
  const [without = '', proof = ''] = final.split(',p=')
  const longer = encodeBase64(Uint8Array.of(...must(decodeBase64(proof)), 0))
  expect(exchange.next(utf8(`${without},p=${longer}`))).toEqual({ kind: 'failure', reason: 'refused' })
})

describe('faults of the server', () => {
  it.each(faults.serverFirst)('first message: $name', ({ message, reason }) => {
    const client = clientOf(plain)
    client.start()
    expect(client.next(utf8(message))).toEqual({ kind: 'abort', reason })
  })

  it.each(faults.serverFinal)('final message: $name', ({ message, reason }) => {
    const client = clientOf(plain)
    client.start()
    client.next(utf8('r=clientSERVER,s=c2FsdFNBTFQ=,i=4096'))
    expect(client.next(utf8(message))).toEqual({ kind: 'abort', reason })
  })

  it('success before the signature is not believed', () => {
    const client = clientOf(plain)
    client.start()
    expect(client.succeed()).toBe('server-unverified')
  })
})

it('optional extensions are ignored', () => {
  const { exchange, answer } = serverOf(plain)
  expect(settle(exchange, exchange.start(utf8('n,,n=user,r=client,x=1,y==')), answer).kind).toBe('challenge')
  const client = clientOf(plain)
  client.start()
  expect(client.next(utf8('r=clientSERVER,s=c2FsdFNBTFQ=,i=4096,x=1')).kind).toBe('respond')
})

describe('identities', () => {
  const odd = { ...plain, user: 'a=b,c', authID: 'd,e=f' }
  it('names with commas and equals signs go through', () => {
    const { exchange, answer } = serverOf(odd)
    const seen: unknown[] = []
    const result = converse(clientOf(odd), exchange, (need): NeedAnswer => {
      seen.push(need)
      return need.kind === 'authorization' ? 'accepted' : answer(need)
    })
    expect(result.server).toEqual({ kind: 'success', identity: { authcid: 'a=b,c', authzid: 'd,e=f' } })
    expect(result.client).toBe('trusts')
    expect(result.messages[0]).toBe('n,a=d=2Ce=3Df,n=a=3Db=2Cc,r=client')
    expect(seen).toEqual([
      { kind: 'verifier', authcid: 'a=b,c', hash: 'SHA-256' },
      { kind: 'authorization', authcid: 'a=b,c', authzid: 'd,e=f' },
    ])
  })

  it('who may not act as another hears so before the server proves itself', () => {
    const { exchange, answer } = serverOf(odd)
    const result = converse(clientOf(odd), exchange, (need) =>
      need.kind === 'authorization' ? 'refused' : answer(need),
    )
    expect(result.server).toEqual({ kind: 'failure', reason: 'not-authorized' })
    expect(result.messages).toHaveLength(3)
  })
})

describe('unknown users', () => {
  const firstOf = (user: string, secret = settings.decoySecret) => {
    const sasl = createSaslServer(scramServers('SHA-256', { decoySecret: secret }), { nonce: () => 'SERVER' })
    const exchange = must(sasl.begin('SCRAM-SHA-256', tls))
    const step = settle(exchange, exchange.start(utf8(`n,,n=${user},r=client`)), () => 'unknown')
    return { exchange, message: step.kind === 'challenge' ? text(step.octets) : step.kind }
  }

  it('are given a salt like any other, the same each time, and end in a refusal', () => {
    const { exchange, message } = firstOf('nobody')
    expect(message).toMatch(/^r=clientSERVER,s=[A-Za-z0-9+/]{22}==,i=15000$/)
    expect(firstOf('nobody').message).toBe(message)
    expect(firstOf('somebody').message).not.toBe(message)
    expect(firstOf('nobody', new Secret('another secret of a server')).message).not.toBe(message)
    const proof = Buffer.alloc(32).toString('base64')
    expect(exchange.next(utf8(`c=biws,r=clientSERVER,p=${proof}`))).toEqual({ kind: 'failure', reason: 'refused' })
  })

  it('need a secret worth the name', () => {
    expect(() => scramServers('SHA-1', { decoySecret: new Secret('short') })).toThrow('decoy secret')
  })
})
