import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { createNodeResolver, type NodeResolverOptions } from '../src/node.ts'
import { reply } from './rig.ts'

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
    tcp,
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

/** A resolver that asks a hostile server; no time-out is meant to be reached but where a test shortens it. */
export async function against(script: Script, options: NodeResolverOptions = {}) {
  const hostile = await hostileServer(script)
  const resolver = await createNodeResolver({ servers: [hostile.server], tryTimeout: 20_000, rounds: 1, ...options })
  onTestFinished(() => resolver.close())
  onTestFinished(() => hostile.close())
  return { hostile, ask: () => resolver.resolve('a.example', 'A') }
}

const addressed = (query: Uint8Array, address: string): Uint8Array =>
  reply(query, { answers: [{ owner: 'a.example', type: 'A', ttl: 9, data: { address } }] })

/** The answer to a query for `a.example`, A, as it should be. */
export const good = (query: Uint8Array): Uint8Array => addressed(query, '192.0.2.1')
export const found = { kind: 'found', records: [{ address: '192.0.2.1' }] }

/** What a forger would have us believe. */
export const wrong = (query: Uint8Array): Uint8Array => addressed(query, '203.0.113.1')

/** An answer that says that it did not fit. */
export const cut = (query: Uint8Array): Uint8Array => changed(reply(query), 2, 0x02)

/** Octets with some bits of one turned. */
export const changed = (octets: Uint8Array, at: number, bits: number): Uint8Array =>
  octets.map((octet, index) => (index === at ? octet ^ bits : octet))

/** Waits for the whole query, without its length. */
export const asked = (socket: Socket, then: (query: Buffer) => void): void =>
  void socket.once('data', (octets) => then(octets.subarray(2)))
