import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/**
 * Whether a certificate names a host: by its subject alternative names only, never by the common name; a wildcard
 * stands for the whole leftmost label and nothing else. An address matches an address in the certificate.
 *
 * @rfc 9525 6.3
 */
export function names(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined
  // OpenSSL would take "*.example.org" and ".example.org" for more than a host.
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(host)) return false
  return certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined
}
