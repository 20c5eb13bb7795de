import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Transport } from '@angarium/smtp-wire/drive'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTlsContext } from '../src/index.ts'
import { host, trusting } from './certificates.ts'
import { over, relayed, sockets } from './pair.ts'

const serving = createTlsContext(host('valid'))

async function pairOf(kind: 'plain' | 'tls', pair: { client: Socket; server: Socket }) {
  const [client, server] = [over(pair.client, { tls: trusting }), over(pair.server, { tls: serving })]
  if (kind === 'tls') await Promise.all([client.startTls({ role: 'client' }), server.startTls({ role: 'server' })])
  return { client, server, plainClient: pair.client, plainServer: pair.server }
}

async function readToEnd(transport: Transport): Promise<number> {
  let octets = 0
  for (let part = await transport.read(); part !== undefined; part = await transport.read()) octets += part.length
  return octets
}

afterEach(() => {
  vi.useRealTimers()
})

describe.each(['plain', 'tls'] as const)('%s', (kind) => {
  it('a slow reader leaves the rest with the peer', async () => {
    const { client, server, plainServer } = await pairOf(kind, await sockets())
    const block = new Uint8Array(65_536)
    const calm = () => new Promise((resolve) => setTimeout(() => resolve('shut'), 50))
    let written = 0
    let waiting: Promise<void> | undefined
    // Until the peer has taken nothing for a while: the window is shut.
    do {
      waiting = client.write(block)
      written += block.length
    } while ((await Promise.race([waiting, calm()])) !== 'shut')
    // Fetched and not read: the stream's mark, what one read of the system brings, and TLS's own records.
    expect(plainServer.bytesRead).toBeLessThan(200_000)
    const reading = readToEnd(server)
    await waiting
    client.close()
    expect(await reading).toBe(written)
  })

  it('a reset ends whatever waits, whenever it comes', async () => {
    const fill = (transport: Transport): Promise<void> => {
      const block = new Uint8Array(1_048_576)
      for (;;) {
        const waiting = transport.write(block)
        if (waiting !== undefined) return waiting
      }
    }
    const phases: Record<string, (server: Transport, reset: () => void) => Promise<unknown>> = {
      'nothing is going on': async (server, reset) => {
        reset()
        return server.read()
      },
      'a read waits': async (server, reset) => {
        const read = server.read()
        reset()
        return read
      },
      'a write waits': async (server, reset) => {
        const written = fill(server)
        reset()
        await written
        return server.read()
      },
      'both wait': async (server, reset) => {
        const [written, read] = [fill(server), server.read()]
        reset()
        await written
        return read
      },
      'this side is closing': async (server, reset) => {
        server.close()
        reset()
        return server.read()
      },
    }
    const codes = new Set<string | undefined>()
    for (const run of Object.values(phases)) {
      const pair = await relayed()
      const { server, plainServer } = await pairOf(kind, pair)
      plainServer.on('error', (error: NodeJS.ErrnoException) => codes.add(error.code))
      const gone = new Promise((resolve) => plainServer.once('close', resolve))
      expect(await run(server, pair.reset)).toBeUndefined()
      server.close()
      await gone
      expect(server.write(new Uint8Array(10))).toBeUndefined()
      server.close()
      server.destroy()
    }
    if (kind === 'plain') expect(codes).toContain('ECONNRESET')
  })

  it('keeps its number of listeners', async () => {
    const { client, server, plainServer } = await pairOf(kind, await sockets())
    const count = () => plainServer.eventNames().reduce((sum, name) => sum + plainServer.listenerCount(name), 0)
    const before = count()
    for (let turn = 0; turn < 100; turn++) {
      await client.write(Uint8Array.of(turn))
      expect(await server.read()).toEqual(Buffer.of(turn))
      await server.write(Uint8Array.of(turn))
      await client.read()
    }
    expect(count()).toBe(before)
    // Nobody reads beneath TLS.
    expect(plainServer.listenerCount('data')).toBe(kind === 'tls' ? 0 : 1)
    expect(plainServer.listenerCount('readable')).toBe(0)
  })

  it('the last words arrive although the peer has more to say', async () => {
    const { client, server, plainClient, plainServer } = await pairOf(kind, await sockets())
    let failed = false
    plainClient.on('error', () => {
      failed = true
    })
    const sent = client.write(new Uint8Array(4 * 1_048_576))
    // Until the server has fetched what it fetches for a reader that never comes.
    for (let before = -1; plainServer.bytesRead > before; ) {
      before = plainServer.bytesRead
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await server.write(Buffer.from('554 5.5.0 closing\r\n'))
    server.close()
    let heard = ''
    for (let part = await client.read(); part !== undefined; part = await client.read()) heard += Buffer.from(part)
    await sent
    expect(heard).toBe('554 5.5.0 closing\r\n')
    expect(failed).toBe(false)
  })

  it('small writes keep their place among large ones', async () => {
    const { client, server } = await pairOf(kind, await sockets())
    const parts = [3, 2_000, 5, 7, 900, 1_025, 1].map((length, at) => Buffer.alloc(length, at))
    for (const part of parts) void client.write(part)
    client.close()
    const heard: Uint8Array[] = []
    for (let part = await server.read(); part !== undefined; part = await server.read()) heard.push(Buffer.from(part))
    expect(Buffer.concat(heard)).toEqual(Buffer.concat(parts))
  })

  it('a peer that does not end is cut off', async () => {
    const { server, plainServer, client } = await pairOf(kind, await sockets())
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    server.close()
    expect(await client.read()).toBeUndefined()
    expect(plainServer.destroyed).toBe(false)
    const closed = once(plainServer, 'close')
    await vi.advanceTimersByTimeAsync(5_000)
    await closed
  })
})

it('what was said before TLS is said in clear', async () => {
  const { client, server, plainClient, plainServer } = await pairOf('plain', await sockets())
  void server.write(Buffer.from('220 go ahead\r\n'))
  const handshake = server.startTls({ role: 'server' })
  // Before anything of the handshake is under way.
  expect(plainServer.bytesWritten).toBe(14)
  expect(Buffer.from((await client.read()) ?? []).toString()).toBe('220 go ahead\r\n')
  plainClient.destroy()
  await expect(handshake).rejects.toMatchObject({ name: 'HandshakeError' })
})

it('two reads at a time are refused', async () => {
  const { client } = await pairOf('plain', await sockets())
  void client.read()
  expect(() => client.read()).toThrow(expect.objectContaining({ code: 'TRANSPORT_MISUSE' }))
})

it('a reset in the middle of a handshake is its end', async () => {
  for (const role of ['server', 'client'] as const) {
    const pair = await sockets()
    const [mine, theirs]: [Socket, Socket] = role === 'server' ? [pair.server, pair.client] : [pair.client, pair.server]
    const handshake = over(mine, { tls: role === 'server' ? serving : trusting }).startTls({ role })
    // The first octets of a record, so that it has begun.
    theirs.write(Buffer.of(0x16, 0x03, 0x01))
    theirs.resetAndDestroy()
    await expect(handshake).rejects.toMatchObject({ name: 'HandshakeError', code: 'ECONNRESET' })
  }
})
