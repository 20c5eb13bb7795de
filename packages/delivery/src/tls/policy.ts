/** What a configured route asks of TLS. */
export type TlsLevel = 'none' | 'opportunistic' | 'encrypt' | 'verify'

/** What TLS must come to before anything of a message is sent to a host. */
export type TlsPolicy =
  /**
   * - `none`: in clear, whatever is offered.
   * - `opportunistic`: under TLS if it can be had, with any certificate; else in clear. @rfc 7435 4
   * - `encrypt`: under TLS with any certificate, or not at all.
   */
  | { readonly kind: 'none' | 'opportunistic' | 'encrypt'; readonly source: TlsSource }
  /** Under TLS with a trusted certificate for `name`, or not at all. */
  | { readonly kind: 'verify'; readonly name: string; readonly source: TlsSource }

/** Who decided: the default for hosts found by MX, or a configured route. */
type TlsSource = 'default' | 'route'

/** The policy for one host of a routing. `level` is that of a configured route. */
export function tlsPolicy(host: string, level: TlsLevel | undefined): TlsPolicy {
  if (level === undefined) return { kind: 'opportunistic', source: 'default' }
  return level === 'verify' ? { kind: 'verify', name: host, source: 'route' } : { kind: level, source: 'route' }
}
