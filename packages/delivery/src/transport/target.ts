import { readLimits } from '@angarium/esmtp-extensions'
import type { NextHopKey } from '@angarium/queue'
import type { AnyExtension } from '@angarium/smtp-wire'
import type { ClientConnection, TlsInfo } from '@angarium/smtp-wire/drive'
import { type HostAbilities, hostAbilities } from '../plan/host.ts'
import type { Hosts, NextHop } from '../route/route.ts'
import { type TlsPolicy, tlsPolicy } from '../tls/policy.ts'

/** One address of one host, and what TLS must come to there. */
export interface Target {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly protocol: 'smtp' | 'lmtp'
  readonly policy: TlsPolicy
  readonly nextHop: NextHopKey
  /** Those of one rank are as good as each other. */
  readonly rank: number
  /** Sessions with targets of equal keys are interchangeable. */
  readonly key: string
  /** Found by MX: a host that greets with our own name there is a loop. */
  readonly byMx: boolean
  /** Surely the right host, by its name: configured, or from authentic answers about MX records. */
  readonly authentic: boolean
}

/**
 * The addresses of one host. Those of ordinary messages are made once for each routing.
 *
 * @param hop of the routing
 * @param tlsRequired the sender demands verified TLS
 */
export function targetsOf(routing: Hosts, hop: NextHop, tlsRequired: boolean): readonly Target[] {
  if (tlsRequired) return made(routing, hop, true)
  let targets = ordinary.get(hop)
  if (targets === undefined) {
    targets = made(routing, hop, false)
    ordinary.set(hop, targets)
  }
  return targets
}

const ordinary = new WeakMap<NextHop, readonly Target[]>()

function made(
  { nextHop, port, protocol, tls, authentic }: Hosts,
  { host, addresses, rank }: NextHop,
  tlsRequired: boolean,
): readonly Target[] {
  const policy = tlsPolicy(host, tls, tlsRequired)
  const name = policy.kind === 'verify' ? policy.name : ''
  return addresses.map((address) => ({
    host,
    address,
    port,
    protocol,
    policy,
    nextHop,
    rank,
    key: `${protocol} ${host} ${address} ${port} ${policy.kind} ${name}`,
    byMx: tls === undefined,
    authentic: authentic || tls !== undefined,
  }))
}

/** A session with a target, and what it has seen. */
export interface Session {
  /** As the present delivery found it; an earlier one may have known less or more of it. */
  target: Target
  readonly connection: ClientConnection
  transactions: number
  /** What its server told. @rfc 9422 4 */
  readonly limits: ReturnType<typeof readLimits>
  /** What it lets through. */
  readonly host: HostAbilities
  /** Domains of recipients, where the server limits them. @rfc 9422 4.3 */
  readonly domains: Set<string>
}

/** A new session. */
export function sessionOf(target: Target, connection: ClientConnection, extensions: readonly AnyExtension[]): Session {
  const { offers } = connection
  const host = hostAbilities(offers, extensions, target.protocol)
  return { target, connection, transactions: 0, limits: readLimits(offers), host, domains: new Set() }
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

/** A target, and the session with it where there is one, as the log names it. */
export function peerOf({ target, connection }: Pick<Session, 'target'> & Partial<Pick<Session, 'connection'>>): Peer {
  const { host, address, port } = target
  const tls = connection?.tls
  return tls === undefined ? { host, address, port } : { host, address, port, tls }
}

/** How a target is called in a sentence. */
export function nameOf({ host, address }: Pick<Target, 'host' | 'address'>): string {
  return host === address ? host : `${host} [${address}]`
}
