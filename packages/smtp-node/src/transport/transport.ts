import type { Socket } from 'node:net'
import type { PeerInfo, TlsInfo, TlsOptions, Transport } from '@angarium/smtp-wire/drive'
import { SmtpNodeError } from '../error.ts'
import type { TlsContext } from '../tls/context.ts'
import { HandshakeError, shakeHands } from '../tls/handshake.ts'
import { sendSoon } from './outbox.ts'

/** What a listener or dialer gives to its transports. */
export interface TransportSettings {
  readonly tls: TlsContext | undefined
  /** Milliseconds. */
  readonly handshakeTimeout: number
}

/**
 * A socket of Node's. What arrives goes straight to the reader that waits for it; the first that nobody waits for stops
 * the stream, so that at most two reads are in memory for a reader that is slow, and the peer's window does the rest.
 * After TLS the secured socket takes the plain one's place; the plain one keeps nothing but the listener for its errors.
 */
export class NodeTransport implements Transport {
  readonly peer: PeerInfo
  readonly #settings: TransportSettings
  #socket: Socket
  #tls: TlsInfo | undefined
  /** The handshake is under way: reads wait for it, writes do nothing. */
  #handshaking = false
  /** Nothing more is to be read. */
  #over = false
  #closing = false
  #reader: ((octets: Uint8Array | undefined) => void) | undefined
  /** Came while nobody read; the stream stands still then. */
  #waiting: Uint8Array[] = []
  /** Written, and to be sent before this turn of the event loop ends. A copy of our own. */
  #pending: Buffer | undefined
  /** Settles when all that was written is with the system. */
  #flushing: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  /** Takes a connected socket that allows half-open connections and that nobody reads. */
  constructor(socket: Socket, peer: PeerInfo, settings: TransportSettings) {
    this.peer = peer
    this.#settings = settings
    this.#socket = socket
    // Whatever goes wrong, 'close' follows, and that is listened to.
    socket.on('error', ignore)
    this.#watch(socket)
  }

  get tls(): TlsInfo | undefined {
    return this.#tls
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) throw misuse('read')
    if (this.#over) return Promise.resolve(undefined)
    if (this.#waiting.length > 0 && !this.#handshaking) return Promise.resolve(this.#takeWaiting())
    return new Promise((resolve) => {
      this.#reader = resolve
    })
  }

  write(octets: Uint8Array): Promise<void> | undefined {
    const socket = this.#socket
    if (octets.length === 0 || !socket.writable || this.#handshaking) return undefined
    if (octets.length <= SMALL && this.#pending === undefined && socket.writableLength === 0) {
      this.#pending = Buffer.from(octets)
      sendSoon(this)
      return undefined
    }
    this.sendPending()
    socket.write(octets)
    // The system took it all: the usual case, and the buffer is the caller's again.
    if (socket.writableLength === 0) return undefined
    // Called back behind what waits; a callback with every write would cost each of them a tick.
    socket.write(nothing, () => this.#written())
    this.#flushing ??= Promise.withResolvers<void>()
    return this.#flushing.promise
  }

  /** Sends what {@link write} put off. */
  sendPending(): void {
    const octets = this.#pending
    if (octets === undefined) return
    this.#pending = undefined
    if (this.#socket.writable) this.#socket.write(octets)
  }

  startTls(options: TlsOptions): Promise<TlsInfo> {
    this.sendPending()
    return this.#secure(options, true)
  }

  /** A server's TLS from the first octet: nothing was said in clear, and what has arrived belongs to the handshake. */
  secureFromStart(): Promise<TlsInfo> {
    return this.#secure({ role: 'server' }, false)
  }

  async #secure(options: TlsOptions, afterClear: boolean): Promise<TlsInfo> {
    const { tls, handshakeTimeout } = this.#settings
    const idle = this.#reader === undefined && this.#flushing === undefined && !this.#handshaking
    if (!idle || this.#tls !== undefined || tls === undefined) throw misuse('startTls')
    if (options.role === 'server' && !tls.hasCertificate) throw misuse('startTls')
    const plain = this.#socket
    if (this.#over || plain.destroyed) throw new HandshakeError('ECONNRESET')
    this.#forget(plain)
    plain.pause()
    // Said in clear, and so by anybody. Node would take it for the handshake's first octets.
    this.#waiting = []
    if (afterClear) discard(plain)
    this.#handshaking = true
    try {
      const { socket, info } = await shakeHands(plain, tls, options, handshakeTimeout)
      this.#watch(socket)
      this.#tls = info
      return info
    } catch (error) {
      plain.destroy()
      this.#endReading()
      throw error
    } finally {
      this.#handshaking = false
    }
  }

  close(): void {
    const socket = this.#socket
    if (this.#closing || socket.destroyed) return
    this.#closing = true
    this.#endReading()
    if (this.#handshaking) {
      socket.destroy()
      return
    }
    this.sendPending()
    socket.end()
    // What still comes is read and dropped: a connection closed with input unread is reset, and a reset can overtake
    // the last reply.
    this.#waiting = []
    socket.resume()
    const timer = setTimeout(() => socket.destroy(), LINGER)
    socket.once('close', () => clearTimeout(timer))
  }

  destroy(): void {
    this.#closing = true
    this.#endReading()
    this.#socket.destroy()
  }

  #watch(socket: Socket): void {
    this.#socket = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#endReading)
    socket.on('close', this.#onClose)
  }

  #forget(socket: Socket): void {
    socket.off('data', this.#onData)
    socket.off('end', this.#endReading)
    socket.off('close', this.#onClose)
  }

  readonly #onData = (octets: Uint8Array): void => {
    const reader = this.#reader
    if (reader !== undefined) {
      this.#reader = undefined
      reader(octets)
    } else if (!this.#closing) {
      this.#waiting.push(octets)
      this.#socket.pause()
    }
  }

  #takeWaiting(): Uint8Array | undefined {
    const octets = this.#waiting.shift()
    if (this.#waiting.length === 0) this.#socket.resume()
    return octets
  }

  readonly #endReading = (): void => {
    this.#over = true
    const reader = this.#reader
    this.#reader = undefined
    reader?.(undefined)
  }

  #written(): void {
    if (this.#socket.writableLength === 0) this.#endWriting()
  }

  #endWriting(): void {
    this.#flushing?.resolve()
    this.#flushing = undefined
  }

  readonly #onClose = (): void => {
    this.#endReading()
    this.#endWriting()
  }
}

function discard(socket: Socket): void {
  while (socket.read() !== null);
}

function misuse(operation: string): SmtpNodeError<'TRANSPORT_MISUSE'> {
  return new SmtpNodeError('TRANSPORT_MISUSE', `transport: ${operation} out of turn`, { operation })
}

export function ignore(): void {}

const nothing = new Uint8Array(0)

/** Octets of a write that may be put off: any reply or command, no content. */
const SMALL = 1_024

/** Milliseconds that a peer has to end its side after we ended ours. */
const LINGER = 5_000
