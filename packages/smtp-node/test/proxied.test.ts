import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Transport } from '@angarium/smtp-wire/drive'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createTlsContext, type Listener, type ListenOptions, listen } from '../src/index.ts'
import { memberOf } from '../src/proxied.ts'
import { host, pem } from './certificates.ts'

interface Open extends Listener {
  readonly taken: Transport[]
  readonly logged: unknown[]
}

async function open(options: Partial<ListenOptions> = {}): Promise<Open> {
  const taken: Transport[] = []
  const logged: unknown[] = []
  const note = (event: string, fields: object): void => void logged.push([event, ...Object.values(fields)])
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    maxConnections: 100,
    maxConnectionsPerAddress: 100,
    proxyProtocol: { from: ['127.0.0.1'] },
    onConnection: (transport) => void taken.push(transport),
    log: { info: note, warn: note },
    ...options,
  })
  onTestFinished(() => {
    listener.destroy()
    return listener.close()
  })
  return Object.assign(listener, { taken, logged })
}

/** Connects and says something; resolves with the socket, and with what was heard before its end. */
async function say(
  port: number,
  words: string,
  localAddress = '127.0.0.1',
): Promise<{ socket: Socket; said: Promise<string> }> {
  const socket = connect({ host: '127.0.0.1', port, localAddress, noDelay: true })
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  const said = new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (octets) => {
      text += octets.toString()
    })
    socket.on('close', () => resolve(text))
  })
  await once(socket, 'connect')
  socket.write(Buffer.from(words, 'binary'))
  return { socket, said }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

const text = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString()
const line = 'PROXY TCP4 192.0.2.9 198.51.100.25 56324 25\r\n'
const ends = { address: '192.0.2.9', port: 56324, localAddress: '198.51.100.25', localPort: 25 }
const signature = '\r\n\r\n\0\r\nQUIT\n'
const binary = `${signature}\x21\x11\0\x0c\xc0\0\x02\x09\xc6\x33\x64\x19\xdc\x04\0\x19`

describe('from a listed peer', () => {
  it.each([
    ['version 1', line],
    ['version 2', binary],
  ])('%s names the client, and what follows is read', async (_, header) => {
    const listener = await open()
    await say(listener.port, `${header}EHLO client.example\r\n`)
    await until(() => listener.taken.length === 1)
    expect(listener.taken[0]?.peer).toEqual(ends)
    expect(text(await listener.taken[0]?.read())).toBe('EHLO client.example\r\n')
  })

  it('the header may come in pieces', async () => {
    const listener = await open()
    const { socket } = await say(listener.port, '')
    for (const octet of Buffer.from(binary, 'binary')) {
      expect(listener.taken).toEqual([])
      socket.write(Buffer.of(octet))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await until(() => listener.taken.length === 1)
    expect(listener.taken[0]?.peer).toEqual(ends)
    socket.write('NOOP\r\n')
    expect(text(await listener.taken[0]?.read())).toBe('NOOP\r\n')
  })

  it.each([
    ['LOCAL', `${signature}\x20\0\0\0`],
    ['UNKNOWN', 'PROXY UNKNOWN\r\n'],
  ])('%s leaves the peer as it is', async (_, header) => {
    const listener = await open()
    const { socket } = await say(listener.port, header)
    await until(() => listener.taken.length === 1)
    expect(listener.taken[0]?.peer).toMatchObject({ address: '127.0.0.1', port: socket.localPort })
  })

  it('anything else is closed without a word', async () => {
    const listener = await open()
    expect(await (await say(listener.port, 'EHLO client.example\r\n')).said).toBe('')
    expect(await (await say(listener.port, 'PROXY TCP4 192.0.2.9\r\n')).said).toBe('')
    expect(await (await say(listener.port, `PROXY UNKNOWN ${'x'.repeat(100_000)}`)).said).toBe('')
    expect(listener.logged).toEqual([
      ['proxy-header-failed', '127.0.0.1', 'proxy-signature'],
      ['proxy-header-failed', '127.0.0.1', 'proxy-address'],
      ['proxy-header-failed', '127.0.0.1', 'proxy-too-long'],
    ])
    expect([listener.taken, listener.connections]).toEqual([[], 0])
  })

  it('nothing at all is closed after its time', async () => {
    const listener = await open({ proxyProtocol: { from: ['127.0.0.1'], timeoutMs: 10 } })
    expect(await (await say(listener.port, 'PROXY')).said).toBe('')
    expect(listener.logged).toEqual([['proxy-header-failed', '127.0.0.1', 'timeout']])
  })

  it('one that goes before it has spoken is forgotten', async () => {
    const listener = await open()
    const { socket } = await say(listener.port, 'PROXY')
    await until(() => listener.connections === 1)
    socket.end()
    await until(() => listener.connections === 0)
    expect([listener.taken, listener.logged]).toEqual([[], []])
  })

  it('the client is counted, not the proxy', async () => {
    const refused: string[] = []
    const listener = await open({
      maxConnectionsPerAddress: 1,
      onRefused({ address }, reason) {
        refused.push(`${address} ${reason}`)
        return Buffer.from('421 4.7.0 Too many\r\n')
      },
    })
    await say(listener.port, line)
    await say(listener.port, line.replace('192.0.2.9', '192.0.2.10'))
    await until(() => listener.taken.length === 2)
    expect(await (await say(listener.port, line)).said).toBe('421 4.7.0 Too many\r\n')
    expect(refused).toEqual(['192.0.2.9 connections-per-address'])
  })

  it('one that has not spoken yet counts among all, and can be cut', async () => {
    const listener = await open({ maxConnections: 1, onRefused: (_, reason) => Buffer.from(reason) })
    const { said } = await say(listener.port, 'PROXY')
    await until(() => listener.connections === 1)
    expect(await (await say(listener.port, line)).said).toBe('connections')
    listener.destroy()
    expect(await said).toBe('')
    await until(() => listener.connections === 0)
  })
})

describe('from anybody else', () => {
  it('a header is what any other input is', async () => {
    const listener = await open()
    const { socket } = await say(listener.port, line, '127.0.0.2')
    await until(() => listener.taken.length === 1)
    expect(listener.taken[0]?.peer).toMatchObject({ address: '127.0.0.2', port: socket.localPort })
    expect(text(await listener.taken[0]?.read())).toBe(line)
  })

  it('and where nobody is sure who it is, the connection is closed', async () => {
    const listener = await open({
      proxyProtocol: {
        from() {
          throw new Error('no list')
        },
      },
    })
    expect(await (await say(listener.port, line)).said).toBe('')
    expect(listener.logged).toMatchObject([['proxy-test-failed', '127.0.0.1', listener.port, 'no list']])
  })
})

describe('TLS from the first octet', () => {
  const tls = createTlsContext(host('valid'))

  it.each([
    ['behind the header', true],
    ['without a proxy', false],
  ])('%s', async (_, proxied) => {
    const listener = await open({ tls, implicitTls: true })
    const { socket } = await say(listener.port, proxied ? line : '', proxied ? '127.0.0.1' : '127.0.0.2')
    const client = connectTls({ socket, ca: pem('ca'), servername: 'mx.example.org' })
    client.on('error', () => undefined)
    await once(client, 'secureConnect')
    await until(() => listener.taken.length === 1)
    const [transport] = listener.taken
    expect(transport?.tls).toMatchObject({ serverName: 'mx.example.org' })
    expect(transport?.peer.address).toBe(proxied ? '192.0.2.9' : '127.0.0.2')
    client.write('EHLO client.example\r\n')
    expect(text(await transport?.read())).toBe('EHLO client.example\r\n')
  })

  it('takes a handshake that came in one piece with the header', async () => {
    const listener = await open({ tls, implicitTls: true })
    // What a client of TLS says first, caught on its way.
    const first = await new Promise<Buffer>((resolve) => {
      void open({
        proxyProtocol: { from: [] },
        onConnection: (transport) => void transport.read().then((octets) => resolve(Buffer.from(octets ?? []))),
      }).then(({ port }) =>
        connectTls({ host: '127.0.0.1', port, servername: 'mx.example.org' }).on('error', () => undefined),
      )
    })
    const { socket } = await say(listener.port, '')
    socket.write(Buffer.concat([Buffer.from(line), first]))
    // The server's hello is the answer to it.
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect([...answer.subarray(0, 2), answer[5]]).toEqual([0x16, 3, 2])
  })

  it('or nothing', async () => {
    const listener = await open({ tls, implicitTls: true })
    await (await say(listener.port, `${line}EHLO client.example\r\n`)).said
    expect(listener.logged).toEqual([['tls-handshake-failed', expect.stringMatching(/^ERR_SSL/), '192.0.2.9']])
    expect([listener.taken, listener.connections]).toEqual([[], 0])
  })
})

describe('who is listed', () => {
  it.each([
    ['127.0.0.0/8', '127.1.2.3', true],
    ['127.0.0.0/8', '128.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['0.0.0.0/0', '192.0.2.8', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['::1', '::1', true],
  ])('%s and %s: %s', (network, address, expected) => {
    const test = memberOf([network])
    expect(typeof test === 'function' && test(address)).toBe(expected)
  })

  it.each([
    '',
    'proxy.example',
    '10.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '::/129',
    '::1/x',
  ])('not %j', async (network) => {
    await expect(open({ proxyProtocol: { from: [network] } })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })
})
