import { parseAddress } from '@angarium/dns-client'
import type { Clock, Log, Millis } from '@angarium/queue'
import type { AnyExtension, ClientLimits } from '@angarium/smtp-wire'
import {
  type ClientConnection,
  connect,
  DialError,
  type Dialer,
  type TlsOptions,
  type Transport,
} from '@angarium/smtp-wire/drive'
import { lost, refusal } from '../outcome/classify.ts'
import { deferred, failed, type Trouble } from '../outcome/outcome.ts'
import type { Stop } from './stop.ts'
import { nameOf, type Target } from './target.ts'

/** What opening a session needs. */
export interface OpenContext {
  /** Said in EHLO and LHLO. */
  readonly hostname: string
  readonly dialer: Dialer
  readonly clock: Clock
  readonly log: Log
  readonly extensions: readonly AnyExtension[]
  readonly connectMs: Millis
  readonly sessionLimits: ClientLimits
  /** Says goodbye without keeping anyone waiting. */
  readonly leave: (connection: ClientConnection) => void
}

/** A session past hello and TLS, or why there is none. */
export type Opened = { readonly kind: 'open'; readonly connection: ClientConnection } | Trouble

/**
 * Connects to a target, says hello, and brings TLS to what its policy asks. Under an opportunistic policy a failed
 * handshake is followed by one new connection in clear; under a stricter one nothing more is said in clear, and the
 * trouble is temporary. A session that is not as secure as it must be is left with QUIT. What it answers once told to stop
 * does not matter.
 *
 * @rfc 3207 4.1, 5
 * @rfc 7435 4
 * @rfc 8689 5
 */
export async function open(target: Target, context: OpenContext, stop: Stop): Promise<Opened> {
  const opened = await greet(target, context, stop)
  if (opened.kind !== 'open' || target.policy.kind === 'none') return opened
  const { connection } = opened
  const mayBeClear = target.policy.kind === 'opportunistic'
  if (!connection.offers.has('STARTTLS')) {
    if (mayBeClear) return opened
    context.leave(connection)
    return insecure(target, '4.7.4', 'does not offer the TLS that is required')
  }

  const release = stop.on(() => connection.close())
  const securing = await connection.startTls(tlsOptions(target))
  release()
  const { host, address, policy } = target
  const noted = { host, address, policy: policy.kind, source: policy.source }
  if (securing.kind === 'secured') {
    const { verified, because = 'no certificate' } = securing.tls
    if (verified || policy.kind !== 'verify') return opened
    context.log.warn('tls-failed', { ...noted, because })
    context.leave(connection)
    return insecure(target, '4.7.5', `has no trusted certificate for ${policy.name}: ${because}`)
  }
  if (securing.kind === 'refused') {
    context.log.warn('tls-refused', { ...noted, reply: securing.reply })
    if (mayBeClear) return opened
    context.leave(connection)
    return insecure(target, '4.7.4', 'offers TLS and then refuses it', (securing.reply?.code ?? 500) < 500)
  }
  const because = securing.because ?? securing.loss
  if (!stop.aborted) context.log.warn('tls-failed', { ...noted, because })
  if (mayBeClear) return greet(target, context, stop)
  return insecure(
    target,
    '4.7.5',
    `fails the TLS handshake: ${because}`,
    securing.because === undefined || isOutage(because),
  )
}

/**
 * The trouble with a host that cannot be reached as required. What an operator or a domain requires may be mended there; a
 * sender that demands it for this message gets the message back, unless it is only for now.
 *
 * @rfc 8689 4.2.1
 */
function insecure(target: Target, status: '4.7.4' | '4.7.5', what: string, isForNow: boolean = false): Trouble {
  const because = `${nameOf(target)} ${what}`
  return isForNow || target.policy.source !== 'requiretls' ? deferred(status, because) : failed('5.7.10', because)
}

/** Words of the network, not of TLS. */
function isOutage(because: string): boolean {
  return /^(?:ECONN|EPIPE|ETIMEDOUT)/.test(because)
}

function tlsOptions({ host, policy }: Target): TlsOptions {
  if (policy.kind === 'verify') return { role: 'client', serverName: policy.name }
  // An address is no name by which a server could choose its certificate.
  return parseAddress(host) === undefined ? { role: 'client', serverName: host } : { role: 'client' }
}

/** Dials and says hello. */
async function greet(target: Target, context: OpenContext, stop: Stop): Promise<Opened> {
  const { address, port, protocol, host } = target
  const { dialer, hostname, extensions, clock, connectMs, sessionLimits: limits } = context
  let transport: Transport
  try {
    transport = await dialer.dial({ address, port }, { timeout: connectMs, signal: stop })
  } catch (error) {
    if (!(error instanceof DialError)) throw error
    return deferred('4.4.1', `no connection to ${nameOf(target)}: ${error.code}`)
  }
  const opening = await connect(transport, { hostname, extensions, clock, limits, protocol, signal: stop })
  if (opening.kind === 'open') return opening
  if (opening.kind === 'refused') return refusal(opening.reply, host, opening.phase)
  return lost(opening, host, `in the ${opening.phase} of ${nameOf(target)}`)
}
