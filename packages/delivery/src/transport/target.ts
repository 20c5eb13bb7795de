import { readLimits } from '@angarium/esmtp-extensions'
import type { ClientConnection, TlsInfo } from '@angarium/smtp-wire/drive'
import type { HostAbilities } from '../plan/host.ts'
import type { NextHop, Routing } from '../route/route.ts'
import { type TlsPolicy, tlsPolicy } from '../tls/policy.ts'

/** One address of one host, and what TLS must come to there. */
export interface Target {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly protocol: 'smtp' | 'lmtp'
  readonly policy: TlsPolicy
  /** Found by MX: a host that greets with our own name there is a loop. */
  readonly byMx: boolean
  /** Surely the right host, by its name: configured, or from authentic answers about MX records. */
  readonly authentic: boolean
}

/**
 * The addresses of a routing, in order.
 *
 * @param tlsRequired the sender demands verified TLS
 */
export function targetsOf(
  { hosts, port, protocol, tls, authentic }: Extract<Routing, { kind: 'hosts' }>,
  tlsRequired: boolean,
): readonly Target[] {
  return hosts.flatMap(({ host, addresses }: NextHop) =>
    addresses.map((address) => ({
      host,
      address,
      port,
      protocol,
      policy: tlsPolicy(host, tls, tlsRequired),
      byMx: tls === undefined,
      authentic: authentic || tls !== undefined,
    })),
  )
}

/** Sessions with equal keys are interchangeable. */
export function targetKey({ host, address, port, protocol, policy }: Target): string {
  return `${protocol} ${host} ${address} ${port} ${policy.kind} ${policy.kind === 'verify' ? policy.name : ''}`
}

/** A session with a target, and what it has seen. */
export interface Session {
  /** As the present delivery found it; an earlier one may have known less or more of it. */
  target: Target
  readonly connection: ClientConnection
  transactions: number
  /** What its server told. @rfc 9422 4 */
  readonly limits: ReturnType<typeof readLimits>
  /** What it lets through; looked at once. */
  host?: HostAbilities
  /** Domains of recipients, where the server limits them. @rfc 9422 4.3 */
  readonly domains: Set<string>
}

/** A new session. */
export function sessionOf(target: Target, connection: ClientConnection): Session {
  return { target, connection, transactions: 0, limits: readLimits(connection.offers), domains: new Set() }
}

/** Whether the peer is surely the right host, and nobody else listens. @rfc 8689 2 */
export function isSecured({ target, connection }: Session): boolean {
  return target.authentic && connection.tls?.verified === true
}

/** Who was at the other end, for the log. */
export interface Peer {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly tls?: TlsInfo
}

/** A target as the log names it. */
export function peerOf({ host, address, port }: Target, tls?: TlsInfo): Peer {
  return { host, address, port, ...(tls && { tls }) }
}

/** How a target is called in a sentence. */
export function nameOf({ host, address }: Pick<Target, 'host' | 'address'>): string {
  return host === address ? host : `${host} [${address}]`
}
