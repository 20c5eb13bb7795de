/**
 * Kinds of channel binding that SCRAM's -PLUS variants can use, most wanted first. `tls-unique` is left out: TLS 1.3
 * does not define it, and RFC 9266 names `tls-exporter` in its place.
 *
 * @rfc 9266 2
 * @rfc 5929 4
 */
export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point'

/** What mechanisms may know about the connection. A value: a new one is due after STARTTLS. */
export interface Channel {
  /** Nobody can listen: TLS is on, or the connection does not leave the machine. Without it no password is asked for. */
  readonly encrypted: boolean
  /** Binding data of the TLS connection, by type; `tlsExporterLabel` and `tlsServerEndPoint` say how they are got. */
  readonly bindings?: { readonly [Type in ChannelBindingType]?: Uint8Array }
  /** Server only: the identity that TLS client authentication established, mapped to a user name. Enables EXTERNAL. */
  readonly clientIdentity?: string
}

/** The types in order of preference. */
export const channelBindingTypes: readonly ChannelBindingType[] = ['tls-exporter', 'tls-server-end-point']

/** The type a client uses: the most wanted of those at hand. */
export function preferredBinding(
  channel: Channel,
): { readonly type: ChannelBindingType; readonly data: Uint8Array } | undefined {
  for (const type of channelBindingTypes) {
    const data = channel.bindings?.[type]
    if (data !== undefined) return { type, data }
  }
  return undefined
}
