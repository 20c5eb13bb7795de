import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Transport } from '@angarium/smtp-wire/drive'
import type { TransportSetup } from '@angarium/smtp-wire/testing'
import { onTestFinished } from 'vitest'
import { createTlsContext } from '../src/index.ts'
import { peerOf } from '../src/transport/address.ts'
import { NodeTransport, type TransportSettings } from '../src/transport/transport.ts'
import { host, trusting } from './certificates.ts'

/** Two ends of a TCP connection over loopback, as sockets nobody reads; gone when the test is. */
export async function sockets(): Promise<{ readonly client: Socket; readonly server: Socket }> {
  const listening = createServer({ allowHalfOpen: true, noDelay: true })
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const accepted = once(listening, 'connection')
  const { port } = listening.address() as { port: number }
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  await once(client, 'connect')
  const [server] = (await accepted) as [Socket]
  listening.close()
  onTestFinished(() => {
    client.destroy()
    server.destroy()
  })
  return { client, server }
}

/** Like {@link sockets}, with a host between them that can reset its connection with the server. */
export async function relayed(): Promise<{
  readonly client: Socket
  readonly server: Socket
  readonly reset: () => void
}> {
  const [near, far] = [await sockets(), await sockets()]
  near.server.pipe(far.client).pipe(near.server)
  for (const socket of [near.server, far.client]) socket.on('error', () => undefined)
  return { client: near.client, server: far.server, reset: () => void far.client.resetAndDestroy() }
}

/** A transport over a socket that stays in the test's hands. */
export function over(socket: Socket, settings: Partial<TransportSettings> = {}): NodeTransport {
  const peer = peerOf(socket)
  if (peer === undefined) throw new Error('not connected')
  return new NodeTransport(socket, peer, { tls: undefined, handshakeTimeout: 10_000, ...settings })
}

/** A setup of the transport's cases. */
export function setup(): TransportSetup {
  const plain = new Map<Transport, Socket>()
  const server = createTlsContext(host('valid'))
  return {
    serverName: 'mx.example.org',
    async connect() {
      const pair = await sockets()
      const ends = { client: over(pair.client, { tls: trusting }), server: over(pair.server, { tls: server }) }
      plain.set(ends.client, pair.client)
      plain.set(ends.server, pair.server)
      return ends
    },
    end(transport) {
      ;(transport as NodeTransport).sendPending()
      plain.get(transport)?.end()
    },
  }
}
