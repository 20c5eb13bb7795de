/**
 * Protocols a Received field's WITH clause may name: the registered ones that this house speaks.
 * @rfc 3848 1
 * @rfc 6531 4.3
 */
export type TransmissionType = 'SMTP' | `${'ESMTP' | 'LMTP' | 'UTF8SMTP' | 'UTF8LMTP'}${'' | 'S' | 'A' | 'SA'}`

/** How a message came. */
export interface Transmission {
  readonly protocol: 'smtp' | 'lmtp'
  /** EHLO was used, not HELO. Always so for LMTP. */
  readonly extended: boolean
  readonly tls: boolean
  readonly authenticated: boolean
  /** MAIL had SMTPUTF8. */
  readonly utf8: boolean
}

/** The name for how a message came. @rfc 3848 1 @rfc 6531 4.3 */
export function transmissionType(how: Transmission): TransmissionType {
  if (how.protocol === 'smtp' && !how.extended) return 'SMTP'
  const base = how.protocol === 'lmtp' ? (how.utf8 ? 'UTF8LMTP' : 'LMTP') : how.utf8 ? 'UTF8SMTP' : 'ESMTP'
  return `${base}${how.tls ? (how.authenticated ? 'SA' : 'S') : how.authenticated ? 'A' : ''}`
}
