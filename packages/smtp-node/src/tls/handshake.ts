import { isIP, type Socket } from 'node:net'
import { connect, type TLSSocket as Secured, TLSSocket } from 'node:tls'
import type { TlsInfo, TlsOptions } from '@angarium/smtp-wire/drive'
import { codeOf } from '../error.ts'
import type { TlsContext } from './context.ts'
import { names } from './identity.ts'

/**
 * Why there is no TLS. `code`: the alert or verification result as Node names it (`CERT_HAS_EXPIRED`,
 * `ERR_TLS_CERT_ALTNAME_INVALID`), `ETIMEDOUT`, or `ECONNRESET` for a connection that ended.
 */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly code: string

  constructor(code: string, options?: ErrorOptions) {
    super(`TLS handshake failed: ${code}`, options)
    this.code = code
  }
}

/**
 * Puts TLS over a connected socket, which must not be read or written from then on. No client certificate is asked for,
 * no application protocol is negotiated, no session is resumed. Every later error ends the socket.
 *
 * @throws HandshakeError (as a rejection); the socket is destroyed
 */
export function shakeHands(
  plain: Socket,
  { secureContext }: TlsContext,
  options: TlsOptions,
  timeout: number,
): Promise<{ readonly socket: Socket; readonly info: TlsInfo }> {
  return new Promise((resolve, reject) => {
    const secured = options.role === 'server' ? server(plain, secureContext) : client(plain, secureContext, options)
    let underway = true
    const fail = (code: string, cause?: unknown): void => {
      underway = false
      clearTimeout(timer)
      secured.destroy()
      reject(cause instanceof HandshakeError ? cause : new HandshakeError(code, { cause }))
    }
    const ended = (): void => {
      if (underway) fail('ECONNRESET')
    }
    const timer = setTimeout(() => fail('ETIMEDOUT'), timeout)
    // These two stay: an error after the handshake ends the connection. Node tells a server's only by the second.
    secured.on('error', (error) => fail(codeOf(error), error))
    secured.on('_tlsError', (error: unknown) => fail(codeOf(error), error))
    secured.once('close', ended)
    secured.once('end', ended)
    secured.once(options.role === 'server' ? 'secure' : 'secureConnect', () => {
      if (!underway) return
      try {
        const info = options.role === 'server' ? seenByServer(secured) : seenByClient(secured, options.serverName)
        if (options.mustVerify === true && !info.verified) throw new HandshakeError(info.because ?? 'no certificate')
        underway = false
        clearTimeout(timer)
        resolve({ socket: secured, info })
      } catch (error) {
        fail(codeOf(error), error)
      }
    })
  })
}

function server(plain: Socket, secureContext: TlsContext['secureContext']): Secured {
  return new TLSSocket(plain, { isServer: true, secureContext })
}

function client(plain: Socket, secureContext: TlsContext['secureContext'], { serverName }: TlsOptions): Secured {
  return connect({
    socket: plain,
    secureContext,
    // Addresses are no server names. @rfc 6066 3
    ...(serverName !== undefined && isIP(serverName) === 0 && { servername: withoutFinalDot(serverName) }),
    // Judged below, with our own idea of a matching name.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  })
}

function seenByClient(secured: Secured, serverName: string | undefined): TlsInfo {
  const because = whyNotVerified(secured, serverName)
  return {
    ...negotiated(secured),
    verified: because === undefined,
    ...(because !== undefined && { because }),
    ...(serverName !== undefined && { serverName }),
  }
}

function seenByServer(secured: Secured): TlsInfo {
  const { servername } = secured as { servername?: unknown }
  // What a client asks for is any octets; keep what could be a host.
  const asked = typeof servername === 'string' && /^[A-Za-z0-9._-]{1,255}$/.test(servername)
  return { ...negotiated(secured), verified: false, ...(asked && { serverName: servername }) }
}

function negotiated(secured: Secured): { readonly protocol: string; readonly cipher: string } {
  return { protocol: secured.getProtocol() ?? '', cipher: secured.getCipher().standardName }
}

/** The chain first, then the name. */
function whyNotVerified(secured: Secured, serverName: string | undefined): string | undefined {
  if (!secured.authorized) return String(secured.authorizationError)
  const certificate = secured.getPeerX509Certificate()
  const named = certificate !== undefined && serverName !== undefined && names(certificate, withoutFinalDot(serverName))
  return named ? undefined : 'ERR_TLS_CERT_ALTNAME_INVALID'
}

const withoutFinalDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)
