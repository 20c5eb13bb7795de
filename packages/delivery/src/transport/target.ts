import type { ClientConnection, TlsInfo } from '@angarium/smtp-wire/drive'
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
}

/** The addresses of a routing, in order. */
export function targetsOf({ hosts, port, protocol, tls }: Extract<Routing, { kind: 'hosts' }>): readonly Target[] {
  return hosts.flatMap(({ host, addresses }: NextHop) =>
    addresses.map((address) => ({
      host,
      address,
      port,
      protocol,
      policy: tlsPolicy(host, tls),
      byMx: tls === undefined,
    })),
  )
}

/** Sessions with equal keys are interchangeable. */
export function targetKey({ host, address, port, protocol, policy }: Target): string {
  return `${protocol} ${host} ${address} ${port} ${policy.kind} ${policy.kind === 'verify' ? policy.name : ''}`
}

/** A session with a target, and how many transactions it has seen. */
export interface Session {
  readonly target: Target
  readonly connection: ClientConnection
  transactions: number
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
