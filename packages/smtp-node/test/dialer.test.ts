import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { DialError } from '@angarium/smtp-wire/drive'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDialer } from '../src/index.ts'

const dialer = createDialer()
const localhost = { address: '127.0.0.1' }

async function server(): Promise<{ readonly port: number; readonly accepted: Promise<Socket> }> {
  const listening = createServer({ allowHalfOpen: true })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  onTestFinished(() => void listening.close())
  const accepted = once(listening, 'connection').then(([socket]) => socket as Socket)
  return { port: (listening.address() as { port: number }).port, accepted }
}

/** A port whose queue is full and whose process sleeps: the system drops what knocks, and nobody answers. */
async function silentPort(): Promise<number> {
  const shared = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       setImmediate(() => { Atomics.wait(workerData, 0, 0); process.exit() })
     })`,
    { eval: true, workerData: shared },
  )
  onTestFinished(async () => {
    Atomics.store(shared, 0, 1)
    Atomics.notify(shared, 0)
    await once(worker, 'exit')
  })
  const [port] = (await once(worker, 'message')) as [number]
  // Let it fall asleep.
  await new Promise((resolve) => setTimeout(resolve, 50))
  for (let turn = 0; turn < 8; turn++) {
    const one = await dialer.dial({ ...localhost, port }, { timeout: 100 }).catch((error: unknown) => error)
    if (one instanceof DialError) break
    onTestFinished(() => (one as { destroy(): void }).destroy())
  }
  return port
}

it('connects, and knows both ends', async () => {
  const { port, accepted } = await server()
  const transport = await dialer.dial({ ...localhost, port }, { timeout: 5_000 })
  const socket = await accepted
  expect(transport.peer).toEqual({
    address: '127.0.0.1',
    port,
    localAddress: '127.0.0.1',
    localPort: socket.remotePort,
  })
  socket.end('220 hello\r\n')
  expect(Buffer.from((await transport.read()) ?? []).toString()).toBe('220 hello\r\n')
  expect(await transport.read()).toBeUndefined()
  // The server has ended its side only.
  await new Promise((resolve) => setImmediate(resolve))
  await transport.write(Buffer.from('QUIT\r\n'))
  transport.close()
  let heard = ''
  for await (const part of socket) heard += part
  expect(heard).toBe('QUIT\r\n')
})

it('from an address that was chosen', async () => {
  const { port, accepted } = await server()
  const transport = await dialer.dial({ ...localhost, port }, { timeout: 5_000, localAddress: '127.0.0.3' })
  expect((await accepted).remoteAddress).toBe('127.0.0.3')
  transport.destroy()
})

describe('no connection', () => {
  it('because nobody listens', async () => {
    const { port } = await server()
    const listening = createServer().listen(0, '127.0.0.1')
    await once(listening, 'listening')
    const free = (listening.address() as { port: number }).port
    await new Promise((resolve) => listening.close(resolve))
    expect(free).not.toBe(port)
    await expect(dialer.dial({ ...localhost, port: free }, { timeout: 5_000 })).rejects.toMatchObject({
      name: 'DialError',
      code: 'ECONNREFUSED',
    })
  })

  it('because nobody answers in time', async () => {
    const port = await silentPort()
    await expect(dialer.dial({ ...localhost, port }, { timeout: 50 })).rejects.toMatchObject({ code: 'ETIMEDOUT' })
  })

  it('because it was given up', async () => {
    const port = await silentPort()
    const controller = new AbortController()
    const dialed = dialer.dial({ ...localhost, port }, { timeout: 60_000, signal: controller.signal })
    controller.abort()
    await expect(dialed).rejects.toMatchObject({ code: 'ECANCELED' })
    const late = dialer.dial({ ...localhost, port }, { timeout: 60_000, signal: controller.signal })
    await expect(late).rejects.toMatchObject({ code: 'ECANCELED' })
  })

  it('because the own address is of no use', async () => {
    const { port } = await server()
    const own = (localAddress: string) => dialer.dial({ ...localhost, port }, { timeout: 5_000, localAddress })
    await expect(own('192.0.2.1')).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
    await expect(own('::1')).rejects.toBeInstanceOf(DialError)
    await expect(own('localhost')).rejects.toMatchObject({ code: 'EINVAL' })
  })

  it.each([
    ['localhost', 25],
    ['mx.example.org', 25],
    ['', 25],
    ['127.0.0.1', 0],
    ['127.0.0.1', 65_536],
    ['127.0.0.1', 25.5],
  ])('because %s port %d is no place', async (address, port) => {
    await expect(dialer.dial({ address, port }, { timeout: 5_000 })).rejects.toMatchObject({ code: 'EINVAL' })
  })
})

it('giving up afterwards changes nothing', async () => {
  const { port, accepted } = await server()
  const controller = new AbortController()
  const transport = await dialer.dial({ ...localhost, port }, { timeout: 5_000, signal: controller.signal })
  controller.abort()
  const socket = await accepted
  socket.write('220')
  expect(await transport.read()).toEqual(Buffer.from('220'))
  transport.destroy()
})
