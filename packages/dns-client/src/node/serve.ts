import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { DnsError } from '../error.ts'
import { parseAddress } from '../name/address.ts'
import type { RecordType } from '../record/record.ts'
import { optionError } from '../resolver/servers.ts'
import { respond } from '../zone/respond.ts'
import type { Zone } from '../zone/zone.ts'
import { dnsPacketCodec } from './codec/codec.ts'
import { createFrameReader, framed } from './frame.ts'

/** Where and how to serve a zone. */
export interface ServeOptions {
  /** Default 127.0.0.1. */
  readonly address?: string
  /** Default 0: any that is free, for UDP and TCP alike. */
  readonly port?: number
  /** Told of every query that can be read; `type` is undefined for types a zone cannot hold. Must not throw. */
  readonly asked?: (query: { protocol: 'udp' | 'tcp'; name: string; type: RecordType | undefined }) => void
}

/** A zone on a port. */
export interface ZoneServer {
  readonly address: string
  readonly port: number
  /** Stops and lets go of the port; answers still held back are not sent. */
  close(): Promise<void>
}

const maxConnections = 100
const idleMillis = 10_000
/** A client that lets more answers lie than this is cut off. */
const maxUnread = 1024 * 1024

/**
 * Serves a zone by UDP and TCP on one port, as a validating recursive server would that knows nothing else: made for
 * tests and laboratories, not for the Internet. Changes of the zone take effect at once. What dns-packet cannot write,
 * names with a dot, a backslash or an unprintable octet inside a label, is answered "not implemented".
 *
 * @throws DnsError `DNS_OPTION` for an address or port that is none, `DNS_LISTEN` when they cannot be had.
 */
export async function serveZone(zone: Zone, options: ServeOptions = {}): Promise<ZoneServer> {
  const { address = '127.0.0.1', port = 0, asked = () => undefined } = options
  if (parseAddress(address) === undefined) throw optionError('address', `${address} is no IP address`)
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw optionError('port', `${port} is no port`)
  const timers = new Set<NodeJS.Timeout>()
  const sockets = new Set<Socket>()

  const answer = (protocol: 'udp' | 'tcp', query: Uint8Array, send: (octets: Uint8Array) => void): void => {
    const { octets, delay, question } = respond(dnsPacketCodec, zone, query, protocol)
    if (question !== undefined) asked({ protocol, ...question })
    if (octets === undefined) return
    if (delay <= 0) {
      send(octets)
      return
    }
    const timer = setTimeout(() => {
      timers.delete(timer)
      send(octets)
    }, delay)
    timers.add(timer)
  }

  const onDatagram = (udp: DatagramSocket): void => {
    udp.on('message', (query, from) =>
      // A client that went away is no reason to stop.
      answer('udp', query, (octets) => udp.send(octets, from.port, from.address, () => undefined)),
    )
  }
  const onConnection = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(idleMillis, () => socket.destroy())
    const frames = createFrameReader()
    socket.on('data', (octets) => {
      for (const query of frames.feed(octets))
        answer('tcp', query, (reply) => {
          if (socket.writableLength > maxUnread) socket.destroy()
          else if (socket.writable) socket.write(framed(reply))
        })
    })
  }

  const { udp, tcp } = await listen(address, port)
  onDatagram(udp)
  tcp.maxConnections = maxConnections
  tcp.on('connection', onConnection)
  return {
    address,
    port: udp.address().port,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.destroy()
      const closed = Promise.all([once(udp, 'close'), once(tcp, 'close')])
      udp.close()
      tcp.close()
      await closed
    },
  }
}

/** One port for both protocols; when any will do, another is tried should TCP not get the one that UDP got. */
async function listen(address: string, port: number): Promise<{ udp: DatagramSocket; tcp: Server }> {
  for (let tries = port === 0 ? 20 : 1; ; tries--) {
    const udp = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' })
    const tcp = createServer()
    let bound = false
    try {
      udp.bind({ address, port, exclusive: true })
      await once(udp, 'listening')
      bound = true
      tcp.listen({ host: address, port: udp.address().port, exclusive: true })
      await once(tcp, 'listening')
      udp.on('error', () => undefined)
      tcp.on('error', () => undefined)
      return { udp, tcp }
    } catch (error) {
      if (bound) udp.close()
      if (tries <= 1)
        throw new DnsError(
          'DNS_LISTEN',
          `cannot listen on ${address} port ${port}`,
          { address, port },
          { cause: error },
        )
    }
  }
}
