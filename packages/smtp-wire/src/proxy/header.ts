/** The ends of the connection a proxy speaks for. */
export interface ProxiedEnds {
  /** Numeric address of the client; IPv6 without brackets and in its shortest form, IPv4-mapped addresses as IPv4. */
  readonly address: string
  readonly port: number
  /** Where the client connected to. */
  readonly localAddress: string
  readonly localPort: number
}

/** A field of a version 2 header. */
export interface ProxyField {
  /** `0x01` ALPN, `0x02` authority, `0x05` unique id, `0x20` TLS, ... */
  readonly type: number
  /** A view into the input. */
  readonly value: Uint8Array
}

/**
 * What a proxy announced. `proxied`: a connection over TCP, between these ends. `own`: the ends are those of the
 * connection itself, since the proxy speaks for itself (LOCAL, a health check) or for somebody whose address it does not
 * know or who has none (UNKNOWN, UNSPEC, UNIX, UDP).
 */
export type ProxyHeader =
  | { readonly kind: 'own' }
  | { readonly kind: 'proxied'; readonly ends: ProxiedEnds; readonly fields: readonly ProxyField[] }

/** Why something is no header. */
export type ProxyFault =
  | 'proxy-signature'
  | 'proxy-too-long'
  | 'proxy-syntax'
  | 'proxy-command'
  | 'proxy-family'
  | 'proxy-address'
  | 'proxy-fields'
  | 'proxy-checksum'

/** The longest header taken: 107 octets of version 1, 4096 of version 2, whose fields may hold certificates' names. */
export const proxyHeaderOctets: { readonly version1: number; readonly version2: number } = {
  version1: 107,
  version2: 4096,
}
