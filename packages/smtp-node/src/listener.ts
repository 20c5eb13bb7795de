import { closeSync, openSync } from 'node:fs'
import { type AddressInfo, createServer, isIP, type Server, type Socket } from 'node:net'
import { devNull } from 'node:os'
import type { Log, PeerInfo, Transport } from '@angarium/smtp-wire/drive'
import { codeOf, SmtpNodeError } from './error.ts'
import { memberOf, takeAnnouncement } from './proxied.ts'
import type { TlsContext } from './tls/context.ts'
import { countedAs, peerOf } from './transport/address.ts'
import { ignore, NodeTransport, type TransportSettings } from './transport/transport.ts'

/** Why a connection was turned away: too many in all, too many from its address, or no file descriptor left. */
export type RefusalReason = 'connections' | 'connections-per-address' | 'descriptors'

/** Where and how to listen. */
export interface ListenOptions {
  /** Numeric. `::` also takes IPv4 where the system does so. */
  readonly address: string
  /** 0: any that is free. */
  readonly port: number
  /** Connections the system holds until they are accepted, as far as it allows. Default 4,096. */
  readonly backlog?: number
  /** Share the port with other processes that say so too; the system spreads connections over them. */
  readonly reusePort?: boolean
  /** Connections open at a time. */
  readonly maxConnections: number
  /** Connections open at a time from one IPv4 address or one IPv6 network of 64 bits. */
  readonly maxConnectionsPerAddress: number
  /** For STARTTLS. Without a certificate in it `startTls` as a server is a misuse. */
  readonly tls?: TlsContext
  /** TLS from the first octet; the context has a certificate. A handshake that fails is logged, and nobody else is told. */
  readonly implicitTls?: boolean
  /**
   * Proxies whose connections begin with a header of the PROXY protocol, version 1 or 2. From them it is demanded: one
   * without it is closed, and logged. From all others it is not looked for. Its client is then the transport's peer, and
   * the one that is counted.
   */
  readonly proxyProtocol?: ProxyOptions
  /** Milliseconds. Default 60,000. */
  readonly handshakeTimeout?: number
  /** Hears of accepts that failed and of an `onConnection` that threw. Silent by default. */
  readonly log?: Log
  /** Owns the transport from here on. */
  onConnection(transport: Transport): void
  /** Told of each connection turned away; what it returns is said before the end. */
  onRefused?(peer: PeerInfo, reason: RefusalReason): Uint8Array | undefined
}

/** From whom a PROXY header is demanded. */
export interface ProxyOptions {
  /** Addresses and networks (`192.0.2.0/24`), or whatever tells them. */
  readonly from: readonly string[] | ((address: string) => boolean)
  /** Milliseconds for the header. Default 5,000. */
  readonly timeoutMs?: number
}

/** A port that is listened at. */
export interface Listener {
  readonly address: string
  readonly port: number
  /** Open ones, with those that are closing, and those whose header or handshake is awaited. */
  readonly connections: number
  /** Stops accepting at once; resolves when the last connection has ended. */
  close(): Promise<void>
  /** Cuts every connection. */
  destroy(): void
}

/**
 * Listens.
 *
 * @throws SmtpNodeError LISTEN_FAILED (as a rejection)
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  const listener = new NodeListener(options)
  await listener.open()
  return listener
}

class NodeListener implements Listener {
  readonly #options: ListenOptions
  readonly #settings: TransportSettings
  readonly #server: Server
  readonly #transports = new Set<NodeTransport>()
  readonly #byAddress = new Map<string, number>()
  /** Those of proxies that have not said yet for whom they speak. */
  readonly #unannounced = new Set<Socket>()
  readonly #isProxy: (address: string) => boolean
  #closed: Promise<void> | undefined
  #at = { address: '', port: 0 }

  constructor(options: ListenOptions) {
    this.#options = options
    this.#isProxy = proxyTest(options)
    this.#settings = { tls: options.tls, handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT }
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket))
  }

  get address(): string {
    return this.#at.address
  }
  get port(): number {
    return this.#at.port
  }
  get connections(): number {
    return this.#transports.size + this.#unannounced.size
  }

  open(): Promise<void> {
    const { address, port, backlog, reusePort } = this.#options
    return new Promise((resolve, reject) => {
      const fail = (because: string, cause?: unknown): void => {
        const message = `cannot listen at ${address} port ${port}: ${because}`
        reject(new SmtpNodeError('LISTEN_FAILED', message, { address, port, because }, { cause }))
      }
      // A name would be looked up, and in the pool that syncs files.
      if (isIP(address) === 0) return fail('EINVAL')
      const failed = (error: Error): void => fail(codeOf(error), error)
      this.#server.once('error', failed)
      const at = { host: address, port, backlog: backlog ?? BACKLOG, reusePort: reusePort === true }
      this.#server.listen(at, () => {
        const bound = this.#server.address() as AddressInfo
        this.#at = { address: bound.address, port: bound.port }
        this.#server.off('error', failed)
        this.#server.on('error', (error) => this.#warn('accept-failed', error))
        resolve()
      })
    })
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()))
    return this.#closed
  }

  destroy(): void {
    for (const one of [...this.#transports, ...this.#unannounced]) one.destroy()
  }

  #accept(socket: Socket): void {
    socket.on('error', ignore)
    const peer = peerOf(socket)
    if (peer === undefined) {
      socket.destroy()
      return
    }
    try {
      if (this.#isProxy(peer.address)) void this.#announced(socket, peer)
      else this.#take(socket, peer)
    } catch (error) {
      // Whoever it is, it must not pass for the proxy itself.
      this.#warn('proxy-test-failed', error)
      socket.destroy()
    }
  }

  /** Hears from a proxy whose connection it is. Until then the proxy's connection counts among all. */
  async #announced(socket: Socket, proxy: PeerInfo): Promise<void> {
    const reason = this.#whyNot(0)
    if (reason !== undefined) {
      this.#refuse(socket, proxy, reason)
      return
    }
    this.#unannounced.add(socket)
    const announcement = await takeAnnouncement(socket, this.#options.proxyProtocol?.timeoutMs ?? HEADER_TIMEOUT)
    this.#unannounced.delete(socket)
    if (announcement.kind === 'announced' && !socket.destroyed) {
      this.#take(socket, announcement.ends ?? proxy)
      return
    }
    // A proxy that only looks whether anybody is there is no fault.
    if (announcement.kind === 'failed' && announcement.because !== 'closed')
      this.#options.log?.warn('proxy-header-failed', { proxy: proxy.address, because: announcement.because })
    socket.destroy()
  }

  #take(socket: Socket, peer: PeerInfo): void {
    const key = countedAs(peer.address)
    const before = this.#byAddress.get(key) ?? 0
    const reason = this.#whyNot(before)
    if (reason !== undefined) {
      this.#refuse(socket, peer, reason)
      return
    }
    const transport = new NodeTransport(socket, peer, this.#settings)
    this.#transports.add(transport)
    this.#byAddress.set(key, before + 1)
    socket.once('close', () => {
      this.#transports.delete(transport)
      const left = (this.#byAddress.get(key) ?? 0) - 1
      if (left > 0) this.#byAddress.set(key, left)
      else this.#byAddress.delete(key)
    })
    if (this.#options.implicitTls === true) void this.#secure(transport)
    else this.#hand(transport)
  }

  async #secure(transport: NodeTransport): Promise<void> {
    try {
      await transport.secureFromStart()
    } catch (error) {
      this.#options.log?.info('tls-handshake-failed', { error: codeOf(error), peer: transport.peer.address })
      return
    }
    this.#hand(transport)
  }

  #hand(transport: NodeTransport): void {
    try {
      this.#options.onConnection(transport)
    } catch (error) {
      this.#warn('connection-failed', error)
      transport.destroy()
    }
  }

  #whyNot(fromAddress: number): RefusalReason | undefined {
    if (this.connections >= this.#options.maxConnections) return 'connections'
    if (fromAddress >= this.#options.maxConnectionsPerAddress) return 'connections-per-address'
    return descriptorLeft() ? undefined : 'descriptors'
  }

  #refuse(socket: Socket, peer: PeerInfo, reason: RefusalReason): void {
    let farewell: Uint8Array | undefined
    try {
      farewell = this.#options.onRefused?.(peer, reason)
    } catch (error) {
      this.#warn('refusal-failed', error)
    }
    if (farewell !== undefined) socket.write(farewell)
    // As a rule the system took it: then the descriptor is free again before the next accept.
    if (socket.writableLength === 0) socket.destroy()
    else socket.destroySoon()
  }

  #warn(event: string, error: unknown): void {
    this.#options.log?.warn(event, { address: this.address, port: this.port, error: codeOf(error) })
  }
}

/** @throws SmtpNodeError LISTEN_FAILED for what is no network */
function proxyTest({ address, port, proxyProtocol }: ListenOptions): (address: string) => boolean {
  if (proxyProtocol === undefined) return () => false
  const { from } = proxyProtocol
  const test = typeof from === 'function' ? from : memberOf(from)
  if (typeof test === 'function') return test
  const message = `cannot listen at ${address} port ${port}: "${test.bad}" is no address and no network`
  throw new SmtpNodeError('LISTEN_FAILED', message, { address, port, because: 'EINVAL' })
}

/**
 * Whether this connection was not the one that took the last descriptor. Costs a microsecond. Refusing that one leaves
 * a descriptor for files, and tells the peer; with none at all the system's library would accept and drop in silence.
 */
function descriptorLeft(): boolean {
  try {
    closeSync(openSync(devNull, 'r'))
    return true
  } catch (error) {
    const code = codeOf(error)
    return code !== 'EMFILE' && code !== 'ENFILE'
  }
}

/** Who finds it full comes again after a second, then three, then seven. */
const BACKLOG = 4_096
const HANDSHAKE_TIMEOUT = 60_000
const HEADER_TIMEOUT = 5_000
