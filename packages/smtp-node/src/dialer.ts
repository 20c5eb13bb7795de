import { connect, isIP } from 'node:net'
import { DialError, type Dialer } from '@angarium/smtp-wire/drive'
import { codeOf } from './error.ts'
import { createTlsContext, type TlsContext } from './tls/context.ts'
import { peerOf } from './transport/address.ts'
import { NodeTransport } from './transport/transport.ts'

/** What a dialer is made with. */
export interface DialerOptions {
  /** Roots to trust, and a certificate to show to servers that ask. Default: the roots Node trusts. */
  readonly tls?: TlsContext
  /** Milliseconds. Default 60,000. */
  readonly handshakeTimeout?: number
}

/**
 * Makes a dialer. It looks up no names: beside the codes every dialer has, `EINVAL` tells of a target that is no numeric
 * address and port.
 */
export function createDialer(options: DialerOptions = {}): Dialer {
  const settings = {
    tls: options.tls ?? createTlsContext(),
    handshakeTimeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
  }
  return {
    dial({ address, port }, { timeout, localAddress, signal }) {
      return new Promise((resolve, reject) => {
        const refuse = (code: string, cause?: unknown): void =>
          reject(new DialError(code, `${address} port ${port}: ${code}`, { cause }))
        const numeric = isIP(address) !== 0 && (localAddress === undefined || isIP(localAddress) !== 0)
        if (!numeric || !Number.isInteger(port) || port < 1 || port > 65_535) return refuse('EINVAL')
        if (signal?.aborted === true) return refuse('ECANCELED')
        const socket = connect({
          host: address,
          port,
          allowHalfOpen: true,
          noDelay: true,
          ...(localAddress !== undefined && { localAddress }),
        })
        const settled = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', cancel)
        }
        const fail = (code: string, cause?: unknown): void => {
          settled()
          socket.destroy()
          refuse(code, cause)
        }
        const cancel = (): void => fail('ECANCELED')
        const timer = setTimeout(() => fail('ETIMEDOUT'), timeout)
        signal?.addEventListener('abort', cancel)
        socket.on('error', (error) => fail(codeOf(error), error))
        socket.once('connect', () => {
          const peer = peerOf(socket)
          if (peer === undefined) return fail('ECONNRESET')
          settled()
          resolve(new NodeTransport(socket, peer, settings))
        })
      })
    },
  }
}

const HANDSHAKE_TIMEOUT = 60_000
