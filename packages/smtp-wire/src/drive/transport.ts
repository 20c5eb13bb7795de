import type { AbortLike } from './environment.ts'

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

/**
 * An octet stream to one peer. One reader and one writer at a time; reading and writing go on side by side. Nothing the
 * peer or the network does makes `read` or `write` fail: a lost connection is the end of what can be read.
 * `transportCases` in `@angarium/smtp-wire/testing` holds an implementation to all of this.
 */
export interface Transport {
  readonly peer: PeerInfo
  /** Present from the first octet on a connection that began with TLS, or after `startTls`. */
  readonly tls: TlsInfo | undefined
  /**
   * The next octets, at least one, or `undefined` once the peer has ended or the connection is gone, and from then on.
   * The buffer is the reader's until its next read. What nobody reads is not fetched from the peer without bound.
   * Never rejects.
   */
  read(): Promise<Uint8Array | undefined>
  /**
   * Writes all of it, also to a peer that has ended its own side. A promise means: the peer is slow, wait; it settles
   * also when the connection is lost (the next read tells). The buffer belongs to the transport until then; without a
   * promise it is the caller's again at once. Never rejects, never throws; on a closed transport it does nothing.
   */
  write(octets: Uint8Array): Promise<void> | undefined
  /**
   * Upgrades in place, while no read is pending. What had arrived in clear and was not read is thrown away. Rejects when
   * the handshake fails or the connection is lost in it, with an `Error` whose `code`, where it has one, names the
   * reason; then close.
   */
  startTls(options: TlsOptions): Promise<TlsInfo>
  /**
   * Sends what was written, then ends; a peer that does not end too is cut off soon after. A pending read ends at once.
   * Harmless twice.
   */
  close(): void
  /** Cuts at once: pending reads and writes settle. Harmless twice and after `close`. */
  destroy(): void
}

/** Where to connect. */
export interface DialTarget {
  /** Numeric address. */
  readonly address: string
  readonly port: number
}

/** How to connect. */
export interface DialOptions {
  /** Milliseconds. */
  readonly timeout: number
  /** Numeric, of the target's family. Default: the system chooses. */
  readonly localAddress?: string
  /** Gives up at once when it fires or has fired. Without effect once connected. */
  readonly signal?: AbortLike
}

/** Opens transports. */
export interface Dialer {
  /** Rejects with a {@link DialError} when there is no connection within the time, or when it is given up. */
  dial(target: DialTarget, options: DialOptions): Promise<Transport>
}

/** Why there is no connection. `code` is the system's (`ECONNREFUSED`), `ETIMEDOUT`, or `ECANCELED`: given up. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly code: string

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
