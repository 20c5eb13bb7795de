import type { NextHopKey } from '@angarium/queue'
import type { Trouble } from './outcome/outcome.ts'
import type { Hosts, NextHop } from './route/route.ts'
import { type TlsPolicy, tlsPolicy } from './tls/policy.ts'
import type { Pool } from './transport/pool.ts'
import { targetsOf } from './transport/target.ts'

/** How mail to a destination goes now, or what stands in its way before any host is asked. */
export type Way = { readonly kind: 'local'; readonly nextHop: NextHopKey } | WayHosts | Trouble

/** Hosts that mail goes to. `tls` is what a configured route asks; `nextHop` what it is entered under in a passage. */
export interface WayHosts extends Omit<Hosts, 'hosts'> {
  /** At least one, in an order that an attempt may try them. */
  readonly hosts: readonly WayHost[]
}

/** A host that an attempt may try. */
export interface WayHost extends Omit<NextHop, 'addresses'> {
  /** What TLS must come to before anything of a message is sent. */
  readonly tls: TlsPolicy
  /** At least one, in the order to be tried. */
  readonly addresses: readonly WayAddress[]
}

/** One address of a host. */
export interface WayAddress {
  /** Numeric. */
  readonly address: string
  /** Sessions there that wait for more work. */
  readonly idleSessions: number
}

/** @param hosts those of `found`, in the order of an attempt */
export function wayOf(found: Hosts, hosts: readonly NextHop[], tlsRequired: boolean, pool: Pool): Way {
  return {
    ...found,
    hosts: hosts.map((host) => {
      const targets = targetsOf(found, host, tlsRequired)
      return {
        ...host,
        tls: tlsPolicy(host.host, found.tls, tlsRequired),
        addresses: targets.map((target) => ({ address: target.address, idleSessions: pool.waiting(target) })),
      }
    }),
  }
}
