import { defineExtension, type Mailbox, parseMailbox, reply } from '@angarium/smtp-wire'
import { type ClientConnection, connect, type ServerHandler, serve, type TlsInfo } from '@angarium/smtp-wire/drive'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDialer, createTlsContext, type DialerOptions, listen, nodeClock, type TlsContext } from '../src/index.ts'
import { host, trusting } from './certificates.ts'

// Like those of `@angarium/esmtp-extensions`, which this package does not depend on.
const extensions = [
  defineExtension({ name: 'pipelining', rfc: 2920, keyword: 'PIPELINING', switches: { pipelining: true } }),
  defineExtension({
    name: 'starttls',
    rfc: 3207,
    keyword: 'STARTTLS',
    ehlo: ({ tls }) => (tls === 'available' ? [] : undefined),
    verbs: {
      STARTTLS: {
        phases: ['ready'],
        barrier: true,
        run: () => ({ kind: 'start-tls', reply: reply(220, '0.0', 'Go ahead') }),
      },
    },
  }),
]

interface Taken {
  readonly content: Buffer
  readonly tls: TlsInfo | undefined
}

/** A server on loopback that takes every message, and what it took. */
async function server(tls?: TlsContext): Promise<{ readonly port: number; readonly taken: Taken[] }> {
  const taken: Taken[] = []
  const stop = new AbortController()
  const sessions = new Set<Promise<void>>()
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    maxConnectionsPerAddress: 10,
    ...(tls !== undefined && { tls }),
    onConnection(transport) {
      const parts: Uint8Array[] = []
      const ok = reply(250, '0.0', 'OK')
      const handler: ServerHandler = {
        greet: () => reply(220, undefined, 'mx.example.org'),
        hello: () => 'accept',
        mail: () => ok,
        rcpt: () => ok,
        dataStart: () => 'go',
        body: (octets) => void parts.push(octets.slice()),
        dataEnd() {
          taken.push({ content: Buffer.concat(parts.splice(0)), tls: transport.tls })
          return ok
        },
        verb: () => reply(502, '5.1', 'No'),
        lookup: () => reply(502, '5.1', 'No'),
        ended: () => undefined,
        fault: () => undefined,
        secured: () => undefined,
        closed: () => undefined,
      }
      const session = serve(transport, {
        hostname: 'mx.example.org',
        extensions,
        handler,
        clock: nodeClock,
        signal: stop.signal,
        tls: tls === undefined ? 'unavailable' : 'available',
      })
      sessions.add(session)
    },
  })
  onTestFinished(async () => {
    const closed = listener.close()
    stop.abort()
    await Promise.all(sessions)
    listener.destroy()
    await closed
  })
  return { port: listener.port, taken }
}

async function client(port: number, options: DialerOptions = {}): Promise<ClientConnection> {
  const transport = await createDialer(options).dial({ address: '127.0.0.1', port }, { timeout: 10_000 })
  onTestFinished(() => transport.destroy())
  const opening = await connect(transport, { hostname: 'client.example', extensions, clock: nodeClock })
  if (opening.kind !== 'open') throw new Error(`not open: ${opening.kind}`)
  return opening.connection
}

const mailbox = (text: string): Mailbox => parseMailbox(text) as Mailbox

async function send(connection: ClientConnection, content: Buffer): Promise<string[]> {
  const { recipients } = await connection.send({
    reversePath: mailbox('a@example.org'),
    recipients: [{ forwardPath: mailbox('b@example.net') }, { forwardPath: mailbox('c@example.net') }],
    content,
  })
  return recipients.map(({ kind }) => kind)
}

const small = Buffer.from('Subject: hello\r\n\r\n.\r\n..\r\nHello.\r\n')
const large = Buffer.alloc(72 * 50_000, `${'x'.repeat(70)}\r\n`)
const both = ['accepted', 'accepted']

describe('a session over sockets', () => {
  it('in clear', async () => {
    const { port, taken } = await server()
    const connection = await client(port)
    expect(await connection.startTls({ role: 'client' })).toEqual({ kind: 'refused' })
    for (const content of [small, large, small]) expect(await send(connection, content)).toEqual(both)
    await connection.quit()
    expect(taken.map(({ content }) => content.length)).toEqual([small, large, small].map(({ length }) => length))
    expect(taken[0]?.content.equals(small) && taken[1]?.content.equals(large)).toBe(true)
    expect(taken[0]?.tls).toBeUndefined()
  })

  it('under TLS that must be verified', async () => {
    const { port, taken } = await server(createTlsContext(host('valid')))
    const connection = await client(port, { tls: trusting })
    expect(connection.offers.has('STARTTLS')).toBe(true)
    const securing = await connection.startTls({ role: 'client', serverName: 'mx.example.org', mustVerify: true })
    expect(securing).toMatchObject({ kind: 'secured', tls: { protocol: 'TLSv1.3', verified: true } })
    expect(connection.offers.has('STARTTLS')).toBe(false)
    for (const content of [small, large]) expect(await send(connection, content)).toEqual(both)
    await connection.quit()
    expect(taken[0]?.content.equals(small) && taken[1]?.content.equals(large)).toBe(true)
    expect(taken[1]?.tls).toMatchObject({ protocol: 'TLSv1.3', serverName: 'mx.example.org' })
  })

  it('under TLS with any certificate, when nobody asks for more', async () => {
    const { port, taken } = await server(createTlsContext(host('self-signed')))
    const connection = await client(port)
    expect(await connection.startTls({ role: 'client', serverName: 'other.example' })).toMatchObject({
      kind: 'secured',
      tls: { verified: false, because: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    expect(await send(connection, small)).toEqual(both)
    await connection.quit()
    expect(taken.length).toBe(1)
  })

  it('lost in the handshake, with the reason, when the certificate is not good enough', async () => {
    const { port, taken } = await server(createTlsContext(host('cn-only')))
    const connection = await client(port, { tls: trusting })
    const securing = await connection.startTls({ role: 'client', serverName: 'mx.example.org', mustVerify: true })
    expect(securing).toMatchObject({ kind: 'lost', loss: 'handshake', because: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(connection.usable).toBe(false)
    expect(taken).toEqual([])
  })
})
