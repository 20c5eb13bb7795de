import type { Clock } from '../drive/environment.ts'
import type { PeerInfo, TlsInfo, TlsOptions, Transport } from '../drive/transport.ts'
import { type Break, Pipe, type PipeOptions } from './pipe.ts'
import { type Certificate, HandshakeError, shakeHands } from './tls.ts'

/** How a connection behaves. */
export interface LinkOptions {
  /** Milliseconds from a write to its arrival. */
  readonly delay?: number
  /** The most octets that one read yields; a function is asked for each read. */
  readonly piece?: number | (() => number)
  /** Octets a direction holds before `write` asks to wait. Default 65536. */
  readonly room?: number
  readonly toServer?: Break
  readonly toClient?: Break
}

/** One end of a connection in memory. */
export interface MemoryTransport extends Transport {
  /** Ends this side only: the peer reads to the end, and may go on sending. */
  end(): void
}

/** A connection in memory. */
export class Link {
  readonly client: MemoryTransport
  readonly server: MemoryTransport
  readonly #certificate: Certificate | undefined
  readonly #pipes: readonly Pipe[]
  readonly #handshakes = new Map<MemoryTransport, Handshake>()
  #open = 2

  /** @param seen how the server sees its client */
  constructor(clock: Clock, seen: PeerInfo, certificate?: Certificate, options: LinkOptions = {}) {
    const { delay = 0, piece = Number.POSITIVE_INFINITY, room = 65_536, toServer, toClient } = options
    const both: Omit<PipeOptions, 'break'> = {
      clock,
      delay,
      room,
      piece: typeof piece === 'number' ? () => piece : piece,
      cut: () => this.cut(),
    }
    const up = new Pipe({ ...both, break: toServer })
    const down = new Pipe({ ...both, break: toClient })
    this.#certificate = certificate
    this.#pipes = [up, down]
    this.client = this.#end(down, up, {
      address: seen.localAddress,
      port: seen.localPort,
      localAddress: seen.address,
      localPort: seen.port,
    })
    this.server = this.#end(up, down, seen)
    for (const one of [toServer, toClient]) if (one?.after === 0 && one.how === 'cut') this.cut()
  }

  /** Neither end has closed, and nothing cut it. */
  get open(): boolean {
    return this.#open === 2
  }

  /** Both ends read what has passed, and then the end. */
  cut(): void {
    this.#open = 0
    for (const pipe of this.#pipes) pipe.end()
    this.#fail('ECONNRESET')
  }

  #end(inward: Pipe, outward: Pipe, peer: PeerInfo): MemoryTransport {
    const link = this
    let tls: TlsInfo | undefined
    let closed = false
    const shut = (): boolean => {
      if (closed) return false
      closed = true
      link.#open -= 1
      link.#fail('ECONNRESET')
      return true
    }
    const end: MemoryTransport = {
      peer,
      get tls() {
        return tls
      },
      read: () => inward.read(),
      write(octets) {
        if (closed) return undefined
        // Octets in clear are no handshake.
        if (link.#handshakes.size > 0 && !link.#handshakes.has(end)) link.#fail('ERR_SSL_WRONG_VERSION_NUMBER')
        return outward.write(octets)
      },
      startTls(options) {
        inward.discard()
        return link.#startTls(end, options).then((info) => {
          tls = info
          return info
        })
      },
      end: () => outward.end(),
      close() {
        if (!shut()) return
        outward.end()
        inward.destroy()
      },
      destroy() {
        shut()
        outward.destroy()
        inward.destroy()
      },
    }
    return end
  }

  #startTls(end: MemoryTransport, options: TlsOptions): Promise<TlsInfo> {
    if (!this.open) return Promise.reject(new HandshakeError('ECONNRESET'))
    const result = new Promise<TlsInfo>((resolve, reject) => this.#handshakes.set(end, { options, resolve, reject }))
    const client = this.#handshakes.get(this.client)
    const server = this.#handshakes.get(this.server)
    if (client === undefined || server === undefined) return result
    const outcome = shakeHands(client.options, server.options, this.#certificate)
    if (outcome instanceof HandshakeError) this.#fail(outcome.code)
    else {
      this.#handshakes.clear()
      client.resolve(outcome.client)
      server.resolve(outcome.server)
    }
    return result
  }

  #fail(code: string): void {
    const failed = [...this.#handshakes.values()]
    this.#handshakes.clear()
    for (const { reject } of failed) reject(new HandshakeError(code))
  }
}

interface Handshake {
  readonly options: TlsOptions
  readonly resolve: (info: TlsInfo) => void
  readonly reject: (error: HandshakeError) => void
}
