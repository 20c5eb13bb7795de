import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import type { Transport } from '@angarium/smtp-wire/drive'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDialer, type Listener, type ListenOptions, listen } from '../src/index.ts'
import { countedAs, peerOf } from '../src/transport/address.ts'

const many = { maxConnections: 100, maxConnectionsPerAddress: 100 }
const dialer = createDialer()

async function open(options: Partial<ListenOptions> = {}): Promise<Listener & { readonly taken: Transport[] }> {
  const taken: Transport[] = []
  const listener = await listen({
    address: '127.0.0.1',
    port: 0,
    ...many,
    onConnection: (transport) => void taken.push(transport),
    ...options,
  })
  onTestFinished(() => {
    listener.destroy()
    return listener.close()
  })
  return Object.assign(listener, { taken })
}

/** Connects from an address of loopback; resolves with what was said before the end, or stays open. */
async function client(port: number, localAddress = '127.0.0.1'): Promise<{ socket: Socket; said: Promise<string> }> {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
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
  return { socket, said }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}

describe('limits', () => {
  it('turn away with a farewell what is too many in all, and take again when one has gone', async () => {
    const refused: string[] = []
    const listener = await open({
      maxConnections: 2,
      onRefused({ address }, reason) {
        refused.push(`${address} ${reason}`)
        return Buffer.from('421 4.3.2 Too many connections\r\n')
      },
    })
    const first = await client(listener.port)
    await client(listener.port)
    const third = await client(listener.port)
    expect(await third.said).toBe('421 4.3.2 Too many connections\r\n')
    expect(refused).toEqual(['127.0.0.1 connections'])
    expect(listener.connections).toBe(2)
    listener.taken[0]?.destroy()
    await first.said
    await until(() => listener.connections === 1)
    await client(listener.port)
    await until(() => listener.taken.length === 3)
  })

  it('count by address', async () => {
    const listener = await open({ maxConnectionsPerAddress: 1, onRefused: (_, reason) => Buffer.from(reason) })
    await client(listener.port, '127.0.0.1')
    await client(listener.port, '127.0.0.2')
    expect(await (await client(listener.port, '127.0.0.2')).said).toBe('connections-per-address')
    await until(() => listener.taken.length === 2)
    expect(listener.taken.map(({ peer }) => peer.address)).toEqual(['127.0.0.1', '127.0.0.2'])
    listener.taken[1]?.close()
    await until(() => listener.connections === 1)
    await client(listener.port, '127.0.0.2')
    await until(() => listener.taken.length === 3)
  })

  it('are not moved by a peer that resets before it hears it', async () => {
    const gone = new Int32Array(new SharedArrayBuffer(4))
    const refused: string[] = []
    const listener = await open({
      maxConnections: 0,
      onRefused(_, reason) {
        // The first one waits here until its peer has reset.
        refused.push(`${reason} ${Atomics.wait(gone, 0, 0, 20_000)}`)
        return Buffer.from('421 4.3.2 Come again\r\n')
      },
    })
    const worker = new Worker(
      `const { workerData: { port, gone } } = require('node:worker_threads')
       const socket = require('node:net').connect({ host: '127.0.0.1', port }, () => socket.resetAndDestroy())
       socket.on('close', () => { Atomics.store(gone, 0, 1); Atomics.notify(gone, 0) })`,
      { eval: true, workerData: { port: listener.port, gone } },
    )
    await once(worker, 'exit')
    expect(await (await client(listener.port)).said).toBe('421 4.3.2 Come again\r\n')
    // One that had gone before it was accepted is not even refused.
    expect(refused.at(-1)).toBe('connections not-equal')
  })

  it('say nothing where nothing is to be said', async () => {
    const listener = await open({ maxConnections: 0 })
    expect(await (await client(listener.port)).said).toBe('')
  })

  it('take all forms of one IPv6 network for the same, and no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ max: 3, min: 0 }), { minLength: 8, maxLength: 8 }), (groups) => {
        const shortest = new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
        expect(countedAs(shortest)).toBe(`${groups.slice(0, 4).join(':')}::/64`)
      }),
    )
  })

  it('take an IPv4 address for itself', () => expect(countedAs('192.0.2.1')).toBe('192.0.2.1'))
})

describe('addresses of a peer', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::ffff:0:192.0.2.1', '::ffff:0:192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is told as %s', (address, told) => {
    const ends = { remoteAddress: address, remotePort: 1, localAddress: address, localPort: 2 }
    expect(peerOf(ends as Socket)).toEqual({ address: told, port: 1, localAddress: told, localPort: 2 })
  })

  it('are none when it has gone', () => {
    expect(peerOf({ localAddress: '127.0.0.1', localPort: 25 } as Socket)).toBeUndefined()
  })
})

describe('faults of the one who is called', () => {
  it('end that connection only, and are told', async () => {
    const warned: unknown[] = []
    let calls = 0
    const listener = await open({
      log: { info: () => undefined, warn: (event, { error }) => void warned.push([event, error]) },
      onConnection() {
        calls += 1
        // biome-ignore lint/suspicious/noExplicitAny: any value can be thrown
        throw calls === 1 ? new Error('broken') : (undefined as any)
      },
    })
    expect(await (await client(listener.port)).said).toBe('')
    expect(await (await client(listener.port)).said).toBe('')
    expect(warned).toEqual([
      ['connection-failed', 'broken'],
      ['connection-failed', 'undefined'],
    ])
  })

  it('in a farewell, too', async () => {
    const warned: unknown[] = []
    const listener = await open({
      maxConnections: 0,
      log: { info: () => undefined, warn: (event) => void warned.push(event) },
      onRefused() {
        throw new Error('broken')
      },
    })
    expect(await (await client(listener.port)).said).toBe('')
    expect(warned).toEqual(['refusal-failed'])
  })
})

it('a peer that ended its side is still answered', async () => {
  const listener = await open()
  const socket = connect({ host: '127.0.0.1', port: listener.port, allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.end('QUIT\r\n')
  await until(() => listener.taken.length === 1)
  const [transport] = listener.taken
  expect(await transport?.read()).toEqual(Buffer.from('QUIT\r\n'))
  expect(await transport?.read()).toBeUndefined()
  await new Promise((resolve) => setImmediate(resolve))
  await transport?.write(Buffer.from('221 2.0.0 Bye\r\n'))
  transport?.close()
  let heard = ''
  for await (const part of socket) heard += part
  expect(heard).toBe('221 2.0.0 Bye\r\n')
})

describe('the end', () => {
  it('close accepts no more at once, and waits for those that are there', async () => {
    const listener = await open()
    const { said } = await client(listener.port)
    await until(() => listener.taken.length === 1)
    let closed = false
    const closing = listener.close().then(() => {
      closed = true
    })
    const late = dialer.dial({ address: '127.0.0.1', port: listener.port }, { timeout: 5_000 })
    await expect(late).rejects.toMatchObject({ name: 'DialError', code: 'ECONNREFUSED' })
    expect(closed).toBe(false)
    await listener.taken[0]?.write(Buffer.from('421 4.3.2 Going down\r\n'))
    listener.taken[0]?.close()
    expect(await said).toBe('421 4.3.2 Going down\r\n')
    await closing
    await listener.close()
    await until(() => listener.connections === 0)
  })

  it('destroy cuts them all', async () => {
    const listener = await open()
    const clients = [await client(listener.port), await client(listener.port)]
    await until(() => listener.taken.length === 2)
    listener.destroy()
    expect(await Promise.all(clients.map(({ said }) => said))).toEqual(['', ''])
    await until(() => listener.connections === 0)
  })
})

describe('places to listen at', () => {
  it('one that is taken', async () => {
    const { port } = await open()
    await expect(open({ port })).rejects.toMatchObject({
      name: 'SmtpNodeError',
      code: 'LISTEN_FAILED',
      detail: { address: '127.0.0.1', port, because: 'EADDRINUSE' },
    })
  })

  it('one that is shared', async () => {
    const { port } = await open({ reusePort: true })
    await open({ port, reusePort: true })
  })

  it.each(['localhost', 'example.org', '', '192.0.2.1'])('none: %s', async (address) => {
    await expect(open({ address })).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  })

  it('both families in one: IPv4 peers have IPv4 addresses', async ({ skip }) => {
    const listener = await open({ address: '::' }).catch(() => skip('skipped: no IPv6 here'))
    const { peer } = await dialer.dial({ address: '127.0.0.1', port: listener.port }, { timeout: 5_000 })
    await until(() => listener.taken.length === 1)
    expect(listener.taken[0]?.peer).toEqual({
      address: '127.0.0.1',
      port: peer.localPort,
      localAddress: '127.0.0.1',
      localPort: listener.port,
    })
    const six = await dialer.dial({ address: '::1', port: listener.port }, { timeout: 5_000 })
    expect(six.peer).toMatchObject({ address: '::1', localAddress: '::1' })
  })
})

it('with no descriptor left it says so, keeps quiet, and takes connections again later', async () => {
  // The limit holds for the child alone.
  const limited = ['-c', 'ulimit -n 64 && exec "$@"', 'sh', process.execPath, '--conditions=@angarium/source']
  // Where it is set, Node reads this file with a descriptor that is not there.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const child = spawn('sh', [...limited, join(import.meta.dirname, 'emfile-child.ts')], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<Record<string, number>> => JSON.parse((await lines.next()).value as string)
  const ask = (word: string): Promise<Record<string, number>> => {
    child.stdin.write(`${word}\n`)
    return next()
  }

  const { port = 0 } = await next()
  const clients = await Promise.all(Array.from({ length: 200 }, () => client(port)))
  const refused: string[] = []
  for (const { said } of clients) void said.then((text) => refused.push(text))
  let taken = 0
  do taken = (await ask('count')).taken ?? 0
  while (taken + refused.length < 200)
  expect(taken).toBeGreaterThan(10)
  expect(new Set(refused)).toEqual(new Set(['421 descriptors\r\n']))

  // No descriptor, and somebody knocking: the process must sleep, not spin.
  const before = await ask('exhaust')
  const knocking = connect({ host: '127.0.0.1', port })
  knocking.on('error', () => undefined)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const after = await ask('count')
  knocking.destroy()
  expect((after.cpu ?? 0) - (before.cpu ?? 0)).toBeLessThan(150)

  await ask('release')
  const late = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void late.destroy())
  expect((await once(late, 'data')).toString()).toBe('220 ready\r\n')
})
