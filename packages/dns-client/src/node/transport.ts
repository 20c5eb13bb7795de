import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import type { Cancel } from '../clock.ts'
import type { DnsTransport, KnownServer, Receiver } from '../resolver/transport.ts'
import { createFrameReader, framed } from './frame.ts'

/**
 * Sockets of Node: for each query a new one, whose port the operating system picks at random. UDP sockets are
 * connected, so that the system itself drops what comes from elsewhere, and tells when nobody listens. Servers are addresses, so the system's own resolver is
 * never asked.
 */
export const nodeTransport: DnsTransport = { udp, tcp }

function udp(query: Uint8Array, server: KnownServer, receiver: Receiver): Cancel {
  const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
  let over = false
  const end = (): void => {
    if (over) return
    over = true
    socket.close()
  }
  socket.on('error', (error) => {
    if (over) return
    end()
    receiver.failed(error)
  })
  socket.on('message', (octets) => {
    if (!over) receiver.message(octets)
  })
  socket.on('connect', () => {
    if (!over) socket.send(query)
  })
  socket.connect(server.port, server.address)
  return end
}

function tcp(query: Uint8Array, server: KnownServer, receiver: Receiver): Cancel {
  const socket = connect({ host: server.address, port: server.port, noDelay: true })
  const frames = createFrameReader()
  let over = false
  const end = (): void => {
    over = true
    socket.destroy()
  }
  const failed = (because: unknown): void => {
    if (over) return
    end()
    receiver.failed(because)
  }
  socket.on('error', failed)
  socket.on('close', () => failed(new Error('closed before an answer came')))
  socket.on('connect', () => socket.write(framed(query)))
  socket.on('data', (octets) => {
    if (over) return
    const [first] = frames.feed(octets)
    if (first === undefined) return
    end()
    receiver.message(first)
  })
  return end
}
