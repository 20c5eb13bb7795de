import type { Cancel } from '../clock.ts'

/** A name server to ask. */
export interface DnsServer {
  /** An IP address, for a link-local one with its zone (`fe80::1%eth0`). */
  readonly address: string
  /** Default 53. */
  readonly port?: number
  /**
   * Whether it checks DNSSEC signatures and the way to it is safe, so that its AD bit means something. Default:
   * true for loopback addresses, except Docker's forwarder 127.0.0.11, which only passes on what others say.
   *
   * @rfc 4035 4.9.3
   */
  readonly trusted?: boolean
}

/** A {@link DnsServer} with its defaults filled in. */
export type KnownServer = Required<DnsServer>

/** Where a transport tells what became of a query. */
export interface Receiver {
  /**
   * A message from the address and port that were asked; from nobody else. The buffer becomes the receiver's.
   * May come several times for one query sent by UDP.
   */
  message(octets: Uint8Array): void
  /** The server cannot be reached, or hung up. Nothing comes after it. */
  failed(because: unknown): void
}

/**
 * Carries queries. Each is sent from a socket, and so a port, of its own. Nothing is told to the receiver before the
 * call returned, nor after it was called off. Time limits are the caller's.
 */
export interface DnsTransport {
  /** Sends one datagram. */
  udp(query: Uint8Array, server: KnownServer, receiver: Receiver): Cancel
  /** Connects, sends the query with its length before it, and tells the first message that comes. @rfc 7766 8 */
  tcp(query: Uint8Array, server: KnownServer, receiver: Receiver): Cancel
}
