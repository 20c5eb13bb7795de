import { describe, expect, it } from 'vitest'
import {
  type Channel,
  createRecord,
  createSaslClient,
  createSaslServer,
  passwordClients,
  passwordServers,
  Secret,
  schemes,
  tlsServerEndPoint,
  verifierOf,
} from '../src/index.ts'
import { type Answerer, converse, must, settle, tls, utf8, vectors } from './rig.ts'

const password = new Secret('pencil')
const records = [createRecord(password, { ...schemes.scramSha256, iterations: 4096 })]
const server = createSaslServer(passwordServers({ decoySecret: new Secret('sixteen octets or more') }))
const client = createSaslClient(passwordClients({ authcid: 'user', password }))
const answer: Answerer = (need) => (need.kind === 'verifier' ? verifierOf(records, need.hash) : 'refused')

const exporter = new Uint8Array(32).fill(1)
const endPoint = new Uint8Array(32).fill(2)
const both: Channel = { encrypted: true, bindings: { 'tls-exporter': exporter, 'tls-server-end-point': endPoint } }
const endPointOnly: Channel = { encrypted: true, bindings: { 'tls-server-end-point': endPoint } }
const middle: Channel = { encrypted: true, bindings: { 'tls-exporter': new Uint8Array(32).fill(3) } }

/** Both halves, each on its own idea of the channel and of what was announced. */
function meet(clientChannel: Channel, serverChannel: Channel, announced = server.offer(serverChannel)) {
  const started = must(client.begin(announced, clientChannel))
  const result = converse(started, must(server.begin(started.mechanism, serverChannel)), answer)
  return {
    mechanism: started.mechanism,
    flag: result.messages[0]?.split(',')[0],
    end: result.server,
    client: result.client,
  }
}

const success = { kind: 'success', identity: { authcid: 'user', authzid: 'user' } }
const failure = { kind: 'failure', reason: 'channel-binding' }

describe('negotiation', () => {
  it('offers the strongest first, -PLUS only with binding data', () => {
    expect(server.offer(both)).toEqual(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
    expect(server.offer(tls)).toEqual(['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
    expect(server.offer({ encrypted: false })).toEqual(['SCRAM-SHA-256'])
  })

  it('binds to the exporter where both have it', () => {
    expect(meet(both, both)).toEqual({
      mechanism: 'SCRAM-SHA-256-PLUS',
      flag: 'p=tls-exporter',
      end: success,
      client: 'trusts',
    })
  })

  it('binds to the certificate where the exporter is missing', () => {
    expect(meet(endPointOnly, both)).toMatchObject({ flag: 'p=tls-server-end-point', end: success })
  })

  it('fails for a type that the server has not', () => {
    expect(meet(both, endPointOnly)).toMatchObject({ flag: 'p=tls-exporter', end: failure })
  })

  it('a client without data says n', () => {
    expect(meet(tls, both)).toMatchObject({ mechanism: 'SCRAM-SHA-256', flag: 'n', end: success })
  })

  it('a client with data says y where no -PLUS is offered', () => {
    expect(meet(both, tls)).toMatchObject({ mechanism: 'SCRAM-SHA-256', flag: 'y', end: success })
  })

  it('never falls back to a plain variant whose -PLUS is offered', () => {
    const next = client.begin(server.offer(both), both, new Set(['SCRAM-SHA-256-PLUS']))
    expect(next?.mechanism).toBe('PLAIN')
  })
})

describe('attacks', () => {
  it('somebody between the two is found out', () => {
    expect(meet(both, middle)).toMatchObject({ mechanism: 'SCRAM-SHA-256-PLUS', end: failure })
  })

  it('somebody who cut -PLUS from the list is found out', () => {
    const cut = server.offer(both).filter((name) => !name.endsWith('-PLUS'))
    expect(meet(both, both, cut)).toMatchObject({ mechanism: 'SCRAM-SHA-256', flag: 'y', end: failure })
  })

  it.each(['n,,n=user,r=abc', 'y,,n=user,r=abc', 'p=tls-unique,,n=user,r=abc'])('-PLUS does not take %s', (first) => {
    const exchange = must(server.begin('SCRAM-SHA-256-PLUS', both))
    expect(settle(exchange, exchange.start(utf8(first)), answer)).toEqual(failure)
  })
})

interface Certificate {
  readonly name: string
  readonly der: string
  readonly endPoint: string | null
}

describe('tls-server-end-point', () => {
  const certificates = vectors<readonly Certificate[]>('certificates')
  it.each(certificates)('$name', ({ der, endPoint: expected }) => {
    const data = tlsServerEndPoint(Buffer.from(der, 'base64'))
    expect(data === undefined ? null : Buffer.from(data).toString('hex')).toBe(expected)
  })

  it('is undefined for anything that is no certificate, cut anywhere', () => {
    const der = Buffer.from(must(certificates[0]).der, 'base64')
    for (let length = 0; length < der.length; length++)
      expect(tlsServerEndPoint(der.subarray(0, length))).toBeUndefined()
  })
})
