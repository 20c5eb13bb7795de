import { formatAddress, normalName, parseAddress } from '@angarium/dns-client'
import { DeliveryError } from '../error.ts'

/** Names and addresses by which this host is known to others. @rfc 5321 5.1 */
export interface Identity {
  /** Beside the host name: names that MX records of domains relayed here may give. */
  readonly names?: readonly string[]
  /** Numeric, as seen from outside. */
  readonly addresses?: readonly string[]
}

/** Tells ourselves from others. */
export class Self {
  readonly #names: ReadonlySet<string>
  readonly #addresses: ReadonlySet<string>

  /** @throws DeliveryError DELIVERY_OPTION for a name or address that is none. */
  constructor(hostname: string, { names = [], addresses = [] }: Identity) {
    this.#names = new Set([hostname, ...names].map((name) => known(normalName(name), 'identity.names', name)))
    this.#addresses = new Set(
      addresses.map((address) => known(canonicalAddress(address), 'identity.addresses', address)),
    )
  }

  /** `name` in normal form. */
  hasName(name: string): boolean {
    return this.#names.has(name)
  }

  /** `address` in canonical form. */
  hasAddress(address: string): boolean {
    return this.#addresses.has(address)
  }
}

/** One spelling for each address: RFC 5952, and an IPv4 address that is dressed as IPv6 as what it is. `undefined`: no address. */
export function canonicalAddress(text: string): string | undefined {
  const octets = parseAddress(text)
  if (octets === undefined) return undefined
  const canonical = formatAddress(octets)
  return canonical.startsWith('::ffff:') && canonical.includes('.') ? canonical.slice(7) : canonical
}

function known(value: string | undefined, option: string, given: string): string {
  if (value === undefined) throw new DeliveryError('DELIVERY_OPTION', `${option}: ${given}`, { option, because: given })
  return value
}
