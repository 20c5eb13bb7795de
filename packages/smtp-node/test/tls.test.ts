import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { createTlsContext, HandshakeError, SmtpNodeError } from '../src/index.ts'
import { host, pem, trusting } from './certificates.ts'
import { over, sockets } from './pair.ts'

const serving = createTlsContext(host('valid'))
const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString()

/** A server's transport, and a client of Node's own over the other end. */
async function secured(wrap: (socket: Socket) => Duplex = (socket) => socket) {
  const pair = await sockets()
  const server = over(pair.server, { tls: serving })
  const handshake = server.startTls({ role: 'server' })
  const client: TLSSocket = connect({
    socket: wrap(pair.client),
    ca: pem('ca'),
    checkServerIdentity: () => undefined,
    servername: 'mx.example.org',
  })
  client.on('error', () => undefined)
  await Promise.all([handshake, once(client, 'secureConnect')])
  return { server, client, plain: pair.client, beneath: pair.server }
}

describe('what was said in clear', () => {
  it('by the client is not read under TLS by the server', async () => {
    const pair = await sockets()
    const server = over(pair.server, { tls: serving })
    pair.client.write('MAIL FROM:<mallory@example.org>\r\n')
    while (pair.server.bytesRead === 0) await new Promise(setImmediate)
    const client = over(pair.client, { tls: trusting })
    await Promise.all([server.startTls({ role: 'server' }), client.startTls({ role: 'client' })])
    await client.write(Buffer.from('EHLO client.example\r\n'))
    expect(text(await server.read())).toBe('EHLO client.example\r\n')
  })

  it('by the server is not read under TLS by the client', async () => {
    const pair = await sockets()
    const client = over(pair.client, { tls: trusting })
    pair.server.write('250 injected\r\n')
    while (pair.client.bytesRead === 0) await new Promise(setImmediate)
    const server = over(pair.server, { tls: serving })
    await Promise.all([server.startTls({ role: 'server' }), client.startTls({ role: 'client' })])
    await server.write(Buffer.from('220 secret\r\n'))
    expect(text(await client.read())).toBe('220 secret\r\n')
  })

  it('after the handshake ends the connection', async () => {
    const { server, plain } = await secured()
    const read = server.read()
    plain.write('MAIL FROM:<mallory@example.org>\r\n')
    expect(await read).toBeUndefined()
  })

  it('after the end of TLS is not read either', async () => {
    // Passes everything on but the end, so that only TLS ends and the connection stays.
    const { server, client, plain } = await secured(
      (socket) =>
        new Duplex({
          read: () => void socket.on('data', () => undefined),
          write: (octets, _, done) => void socket.write(octets, () => done()),
          final: (done) => done(),
          construct(done) {
            socket.on('data', (octets) => this.push(octets))
            done()
          },
        }),
    )
    client.write('BDAT 1000 LAST\r\n')
    expect(text(await server.read())).toBe('BDAT 1000 LAST\r\n')
    client.end()
    await once(client, 'finish')
    plain.write('octets of a message, in clear\r\n')
    expect(await server.read()).toBeUndefined()
    expect(await server.read()).toBeUndefined()
  })
})

describe('handshake', () => {
  it('gives up after its time', async () => {
    const pair = await sockets()
    const server = over(pair.server, { tls: serving, handshakeTimeout: 10 })
    await expect(server.startTls({ role: 'server' })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
    expect(await server.read()).toBeUndefined()
  })

  it('fails on both sides for versions below 1.2', async () => {
    const pair = await sockets()
    const server = over(pair.server, { tls: serving })
    const client = connect({
      socket: pair.client,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL:@SECLEVEL=0',
    })
    const failed = once(client, 'error')
    await expect(server.startTls({ role: 'server' })).rejects.toMatchObject({ code: 'ERR_SSL_UNSUPPORTED_PROTOCOL' })
    await failed.catch(() => undefined)
  })

  it('speaks 1.2 with those who must', async () => {
    const pair = await sockets()
    const server = over(pair.server, { tls: serving })
    connect({ socket: pair.client, maxVersion: 'TLSv1.2', rejectUnauthorized: false }).on('error', () => undefined)
    expect(await server.startTls({ role: 'server' })).toMatchObject({ protocol: 'TLSv1.2', verified: false })
  })

  it('rejects when this side is destroyed or closed in it', async () => {
    for (const end of ['destroy', 'close'] as const) {
      const pair = await sockets()
      const server = over(pair.server, { tls: serving })
      const handshake = server.startTls({ role: 'server' })
      server[end]()
      await expect(handshake).rejects.toBeInstanceOf(HandshakeError)
      expect(await server.read()).toBeUndefined()
    }
  })

  it('rejects on a connection that is gone', async () => {
    const pair = await sockets()
    const server = over(pair.server, { tls: serving })
    pair.client.destroy()
    expect(await server.read()).toBeUndefined()
    await expect(server.startTls({ role: 'server' })).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('a read begun in it waits for what comes under TLS; a write does nothing', async () => {
    const pair = await sockets()
    const [server, client] = [over(pair.server, { tls: serving }), over(pair.client, { tls: trusting })]
    const handshake = server.startTls({ role: 'server' })
    const read = server.read()
    expect(server.write(Buffer.from('220 in clear\r\n'))).toBeUndefined()
    await client.startTls({ role: 'client' })
    await client.write(Buffer.from('NOOP\r\n'))
    expect(text(await read)).toBe('NOOP\r\n')
    expect(await handshake).toMatchObject({ verified: false })
  })

  it('what a client calls the server is kept only where it could be a host', async () => {
    for (const [asked, kept] of [
      ['mx.example.org', 'mx.example.org'],
      ['mx\r\n250 ok', undefined],
    ] as const) {
      const pair = await sockets()
      const server = over(pair.server, { tls: serving })
      connect({ socket: pair.client, servername: asked, rejectUnauthorized: false }).on('error', () => undefined)
      const { serverName } = await server.startTls({ role: 'server' })
      expect(serverName).toBe(kept)
    }
  })
})

describe('out of turn', () => {
  const misuse = { name: 'SmtpNodeError', code: 'TRANSPORT_MISUSE', detail: { operation: 'startTls' } }

  it('TLS twice, during a read, without a context, or as a server without a certificate', async () => {
    const { server } = await secured()
    await expect(server.startTls({ role: 'server' })).rejects.toMatchObject(misuse)
    const pair = await sockets()
    await expect(over(pair.server).startTls({ role: 'client' })).rejects.toMatchObject(misuse)
    const client = over(pair.client, { tls: trusting })
    await expect(client.startTls({ role: 'server' })).rejects.toMatchObject(misuse)
    void client.read()
    await expect(client.startTls({ role: 'client' })).rejects.toMatchObject(misuse)
  })
})

describe('certificates', () => {
  const part = (name: string) => ({ code: 'CERTIFICATE_UNUSABLE', detail: expect.objectContaining({ part: name }) })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const otherKey = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const lockedKey = privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })

  it.each([
    ['no certificate', { certificate: 'nothing', key: pem('key') }, 'certificate'],
    ['half a certificate', { certificate: pem('valid').subarray(0, 200), key: pem('key') }, 'certificate'],
    ['no key', { certificate: pem('valid') }, 'key'],
    ['a key that is none', { certificate: pem('valid'), key: 'nothing' }, 'key'],
    ['a key with a passphrase', { certificate: pem('valid'), key: lockedKey }, 'key'],
    ['the key of another', { certificate: pem('valid'), key: otherKey }, 'key'],
    ['a key alone', { key: pem('key') }, 'certificate'],
    ['roots that are none', { ca: 'nothing' }, 'ca'],
    [
      'a chain that breaks off',
      { certificate: `${pem('valid')}-----BEGIN CERTIFICATE-----\nAAAA`, key: pem('key') },
      'certificate',
    ],
  ])('%s', (_, material, name) => {
    expect(() => createTlsContext(material)).toThrow(expect.objectContaining(part(name)))
  })

  it('an error is told by name and code', () => {
    let thrown: unknown
    try {
      createTlsContext({ ca: '' })
    } catch (error) {
      thrown = error
    }
    expect(SmtpNodeError.is(thrown, 'CERTIFICATE_UNUSABLE')).toBe(true)
    expect(SmtpNodeError.is(thrown, 'LISTEN_FAILED')).toBe(false)
  })

  it('are exchanged for the handshakes to come, and stay when the new ones cannot be used', async () => {
    const context = createTlsContext(host('expired'))
    const because = async () => {
      const pair = await sockets()
      const server = over(pair.server, { tls: context })
      const client = over(pair.client, { tls: trusting })
      const both = [
        client.startTls({ role: 'client', serverName: 'mx.example.org' }),
        server.startTls({ role: 'server' }),
      ]
      return (await Promise.all(both))[0]?.because
    }
    expect(await because()).toBe('CERT_HAS_EXPIRED')
    expect(() => context.reload({ certificate: pem('valid'), key: otherKey })).toThrow()
    expect(await because()).toBe('CERT_HAS_EXPIRED')
    context.reload(host('valid'))
    expect(await because()).toBeUndefined()
    context.reload({})
    expect(context.hasCertificate).toBe(false)
  })
})
