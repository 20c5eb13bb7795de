/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** Time as the loops need it. */
export interface Clock {
  now(): Instant
  /** Runs once, no earlier than `delay` milliseconds from now. The result cancels. */
  after(delay: number, run: () => void): () => void
}

/** Who is at the other end. */
export interface PeerInfo {
  /** Numeric address; IPv6 without brackets, IPv4-mapped addresses as IPv4. */
  readonly address: string
  readonly port: number
  readonly localAddress: string
  readonly localPort: number
}

/** What TLS came to. */
export interface TlsInfo {
  /** `TLSv1.3` and the like. */
  readonly protocol: string
  readonly cipher: string
  /** The certificate chain led to a trusted root and named the host asked for. */
  readonly verified: boolean
  /** Why it was not verified. */
  readonly because?: string
  readonly serverName?: string
}

/** How to take part in a TLS handshake. Keys and roots are the transport's own configuration. */
export interface TlsOptions {
  readonly role: 'client' | 'server'
  /** Host name for SNI and for the certificate check; clients only. */
  readonly serverName?: string
  /** End the handshake with an error unless the certificate is valid for `serverName`. */
  readonly mustVerify?: boolean
}

/** An octet stream to one peer. One reader and one writer at a time. */
export interface Transport {
  readonly peer: PeerInfo
  /** Present from the first octet on a connection that began with TLS, or after `startTls`. */
  readonly tls: TlsInfo | undefined
  /**
   * The next octets, or `undefined` once the peer has ended or the connection is gone. The buffer is the reader's until
   * its next read. Never rejects.
   */
  read(): Promise<Uint8Array | undefined>
  /**
   * Writes all of it. A promise means: the peer is slow, wait; it settles also when the connection is lost (the next
   * read tells). The buffer belongs to the transport until then.
   */
  write(octets: Uint8Array): Promise<void> | undefined
  /** Upgrades in place. What had arrived in clear and was not read is thrown away. Rejects when the handshake fails; then close. */
  startTls(options: TlsOptions): Promise<TlsInfo>
  /** Sends what was written, then ends; a peer that does not end too is cut off soon after. A pending read ends. Harmless twice. */
  close(): void
  /** Cuts at once. */
  destroy(): void
}

/** Where to connect. */
export interface DialTarget {
  /** Numeric address. */
  readonly address: string
  readonly port: number
}

/** Opens transports. */
export interface Dialer {
  /** Rejects with a {@link DialError} when there is no connection within `timeout` milliseconds. */
  dial(target: DialTarget, options: { readonly timeout: number; readonly localAddress?: string }): Promise<Transport>
}

/** Why there is no connection. `code` is the system's (`ECONNREFUSED`) or `ETIMEDOUT`. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly code: string

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
