import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { codeOf, SmtpNodeError, type SmtpNodeErrorDetails } from '../error.ts'

/** Keys and roots, each as PEM. */
export interface TlsMaterial {
  /** The host's certificate, then those that lead to its root. A server needs one. */
  readonly certificate?: string | Uint8Array
  /** The certificate's key, without a passphrase. */
  readonly key?: string | Uint8Array
  /** Roots to trust. Without them: those Node trusts. */
  readonly ca?: string | Uint8Array
}

/** Keys and roots in use by listeners and dialers, for both ends of a handshake. */
export interface TlsContext {
  /** What handshakes that begin now use. */
  readonly secureContext: SecureContext
  /** There is a certificate, so a server can take part. */
  readonly hasCertificate: boolean
  /**
   * Takes other material for the handshakes to come; connections go on as they are.
   *
   * @throws SmtpNodeError CERTIFICATE_UNUSABLE; the old material stays
   */
  reload(material: TlsMaterial): void
}

/**
 * Reads keys and roots. TLS 1.2 is the oldest version spoken. A certificate that has expired is taken: clients decide.
 *
 * @throws SmtpNodeError CERTIFICATE_UNUSABLE naming the part, also for a key that belongs to another certificate
 * @rfc 9325 3.1.1
 */
export function createTlsContext(material: TlsMaterial = {}): TlsContext {
  let secureContext = read(material)
  let hasCertificate = material.certificate !== undefined
  return {
    get secureContext() {
      return secureContext
    },
    get hasCertificate() {
      return hasCertificate
    },
    reload(next) {
      secureContext = read(next)
      hasCertificate = next.certificate !== undefined
    },
  }
}

type Part = SmtpNodeErrorDetails['CERTIFICATE_UNUSABLE']['part']

function read({ certificate, key, ca }: TlsMaterial): SecureContext {
  const cert = certificate === undefined ? undefined : part('certificate', () => new X509Certificate(certificate))
  const secret = key === undefined ? undefined : part('key', () => createPrivateKey(bufferOf(key)))
  if (cert !== undefined && secret === undefined) throw unusable('key', 'missing')
  if (cert === undefined && secret !== undefined) throw unusable('certificate', 'missing')
  if (cert !== undefined && secret !== undefined && !part('key', () => cert.checkPrivateKey(secret)))
    throw unusable('key', 'belongs to another certificate')
  if (ca !== undefined) part('ca', () => new X509Certificate(ca))
  return part('certificate', () =>
    createSecureContext({
      minVersion: 'TLSv1.2',
      ...(certificate !== undefined && { cert: bufferOf(certificate) }),
      ...(key !== undefined && { key: bufferOf(key) }),
      ...(ca !== undefined && { ca: bufferOf(ca) }),
    }),
  )
}

function part<T>(name: Part, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw unusable(name, codeOf(error), error)
  }
}

function unusable(name: Part, because: string, cause?: unknown): SmtpNodeError<'CERTIFICATE_UNUSABLE'> {
  return new SmtpNodeError('CERTIFICATE_UNUSABLE', `${name}: ${because}`, { part: name, because }, { cause })
}

const bufferOf = (pem: string | Uint8Array): Buffer => Buffer.from(pem)
