import type { NextHopKey } from '@angarium/queue'
import type { Trouble } from '../outcome/outcome.ts'
import type { TlsLevel } from '../tls/policy.ts'

/** A configured next hop, which replaces the look-up of MX records. */
export interface Route {
  /** A host name, whose addresses are looked up, or a numeric address. */
  readonly host: string
  /** TCP port. */
  readonly port: number
  /** LMTP hands over for final delivery, with one reply for each recipient. It never belongs on port 25. @rfc 2033 */
  readonly protocol: 'smtp' | 'lmtp'
  /** What must come of TLS before the message is sent. */
  readonly tls: TlsLevel
}

/** How the hosts of a destination were found. `implicit-mx`: the domain itself, which has no MX record. @rfc 5321 5.1 */
export type RouteSource = 'route' | 'mx' | 'implicit-mx' | 'literal'

/** A host that may take the mail of a destination. */
export interface NextHop {
  /** Name in the MX record, the destination itself, or the text of an address. */
  readonly host: string
  /** Where the aliases of `host` led. */
  readonly canonicalName: string
  /** At least one, in the order to be tried. */
  readonly addresses: readonly string[]
  /** Lower ones are tried first, those of one rank in any order. */
  readonly rank: number
  /** The addresses came with authentic answers; without that there is no DANE for this host. @rfc 7672 2.2.2 */
  readonly authentic: boolean
}

/** Hosts that take the mail of a destination. */
export interface Hosts {
  readonly kind: 'hosts'
  /** How they were found. */
  readonly by: RouteSource
  /** What destinations that go the same way have in common. */
  readonly nextHop: NextHopKey
  /** At least one, by rising rank. */
  readonly hosts: readonly NextHop[]
  /** TCP port of all of them. */
  readonly port: number
  /** Spoken with all of them. */
  readonly protocol: 'smtp' | 'lmtp'
  /** Of a configured route. */
  readonly tls: TlsLevel | undefined
  /** Where the aliases of the destination led. */
  readonly canonicalName: string
  /** The answer about MX records was authentic. @rfc 7672 2.2.1 */
  readonly authentic: boolean
}

/** Where the mail of a destination goes. */
export type Routing = Hosts | Trouble
