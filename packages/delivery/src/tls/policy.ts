/** What a configured route asks of TLS. */
export type TlsLevel = 'none' | 'opportunistic' | 'encrypt' | 'verify'

/** What TLS must come to before anything of a message is sent to a host. @rfc 7435 4 */
export type TlsPolicy =
  /**
   * - `none`: in clear, whatever is offered.
   * - `opportunistic`: under TLS if it can be had, with any certificate; else in clear.
   * - `encrypt`: under TLS with any certificate, or not at all.
   */
  | { readonly kind: 'none' | 'opportunistic' | 'encrypt'; readonly source: TlsSource }
  /** Under TLS with a trusted certificate for `name`, or not at all. */
  | { readonly kind: 'verify'; readonly name: string; readonly source: TlsSource }

/** Who decided: the default for hosts found by MX, a configured route, or the sender of the message. */
export type TlsSource = 'default' | 'route' | 'requiretls'

/**
 * The policy for one host of a routing.
 *
 * @param level that of a configured route
 * @param required the sender demands it; a route may not ask for less. @rfc 8689 4.2.1
 */
export function tlsPolicy(host: string, level: TlsLevel | undefined, required: boolean): TlsPolicy {
  if (required) return { kind: 'verify', name: host, source: 'requiretls' }
  if (level === 'verify') return { kind: 'verify', name: host, source: 'route' }
  return level === undefined ? { kind: 'opportunistic', source: 'default' } : { kind: level, source: 'route' }
}
