import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** What a hostile server does with a query. */
export interface Script {
  /** Datagrams, sent in order; none: silence. */
  readonly udp?: (query: Buffer, again: number, port: number) => readonly Uint8Array[]
  /** Does with the connection as it likes; without it nobody listens. */
  readonly tcp?: (socket: Socket) => void
}

/** A server on loopback whose every octet is written by hand. */
export async function hostileServer(script: Script) {
  const { udp, tcp } = await listen(script.tcp !== undefined)
  const ports = new Set<number>()
  let queries = 0
  udp.on('message', (query, from) => {
    ports.add(from.port)
    for (const octets of script.udp?.(query, queries, from.port) ?? []) udp.send(octets, from.port, from.address)
    queries++
  })
  const sockets = new Set<Socket>()
  tcp?.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    script.tcp?.(socket)
  })
  return {
    server: { address: '127.0.0.1', port: udp.address().port },
    ports,
    get queries() {
      return queries
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      udp.close()
      await new Promise((closed) => (tcp === undefined ? closed(undefined) : tcp.close(closed)))
    },
  }
}

/** A port of its own for UDP, and the same for TCP when that is wanted; others on this machine take ports too. */
async function listen(both: boolean) {
  for (;;) {
    const udp = createSocket('udp4')
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    if (!both) return { udp, tcp: undefined }
    const tcp = createServer()
    tcp.listen(udp.address().port, '127.0.0.1')
    const free = await once(tcp, 'listening').then(
      () => true,
      () => false,
    )
    if (free) return { udp, tcp }
    udp.close()
  }
}
