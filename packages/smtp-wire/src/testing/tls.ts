import type { TlsInfo, TlsOptions } from '../drive/transport.ts'
import { asciiLower } from '../octets.ts'

/** A certificate as far as a test cares. */
export interface Certificate {
  /** Host names; `*` may stand for the whole first label. */
  readonly names: readonly string[]
  /** Its chain leads to a root that everybody here trusts. */
  readonly trusted: boolean
}

/** A handshake that failed. Codes are those Node's TLS uses. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly code: string

  constructor(code: string) {
    super(`handshake failed: ${code}`)
    this.code = code
  }
}

/** What both ends learn; or why there is no TLS. */
export function shakeHands(
  client: TlsOptions,
  server: TlsOptions,
  certificate: Certificate | undefined,
): { readonly client: TlsInfo; readonly server: TlsInfo } | HandshakeError {
  if (client.role !== 'client' || server.role !== 'server') return new HandshakeError('ERR_SSL_UNEXPECTED_MESSAGE')
  if (certificate === undefined) return new HandshakeError('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE')
  const because = whyNotVerified(certificate, client.serverName)
  if (because !== undefined && client.mustVerify === true) return new HandshakeError(because)
  const common = {
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    ...(client.serverName !== undefined && { serverName: client.serverName }),
  }
  return {
    client: { ...common, verified: because === undefined, ...(because !== undefined && { because }) },
    server: { ...common, verified: false },
  }
}

function whyNotVerified(certificate: Certificate, serverName: string | undefined): string | undefined {
  if (!certificate.trusted) return 'DEPTH_ZERO_SELF_SIGNED_CERT'
  const named = serverName !== undefined && certificate.names.some((name) => covers(name, serverName))
  return named ? undefined : 'ERR_TLS_CERT_ALTNAME_INVALID'
}

/** @rfc 6125 6.4.3 */
function covers(name: string, host: string): boolean {
  const [pattern, asked] = [asciiLower(name), asciiLower(host)]
  if (!pattern.startsWith('*.')) return pattern === asked
  return asked.indexOf('.') > 0 && asked.slice(asked.indexOf('.')) === pattern.slice(1)
}
