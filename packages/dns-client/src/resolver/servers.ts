import type { Clock, Millis } from '../clock.ts'
import { DnsError } from '../error.ts'
import { isLoopback, parseAddress } from '../name/address.ts'
import type { DnsServer, KnownServer } from './transport.ts'

/** How long a server that did not answer is asked only after the others. */
const restMillis: Millis = 30_000

/** The servers of a resolver, and which to ask first. */
export interface Servers {
  /** All that are asked. */
  readonly known: readonly KnownServer[]
  /** Those that answered lately or were not tried, in the order given; behind them those that kept silent. */
  ordered(): readonly KnownServer[]
  /** Notes whether a server reacted at all. */
  note(server: KnownServer, reacted: boolean): void
}

/**
 * Fills in the defaults. When one server is trusted, those that are not are left out: else whoever can silence the
 * trusted one would have the other's unchecked answer taken, and "not authentic" would follow from an attack.
 *
 * @throws DnsError `DNS_OPTION`: no server, an address that is no IP address, a port out of range.
 */
export function createServers(given: readonly DnsServer[], clock: Clock): Servers {
  const all = given.map(known)
  const trusted = all.filter((server) => server.trusted)
  const used = trusted.length > 0 ? trusted : all
  if (used.length === 0) throw optionError('servers', 'there is none')
  const restUntil = new Map<KnownServer, Millis>()
  return {
    known: used,
    ordered() {
      const now = clock.monotonic()
      const rests = (server: KnownServer): boolean => (restUntil.get(server) ?? -Infinity) > now
      return [...used.filter((server) => !rests(server)), ...used.filter(rests)]
    },
    note(server, reacted) {
      if (reacted) restUntil.delete(server)
      else restUntil.set(server, clock.monotonic() + restMillis)
    },
  }
}

/** A server written `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`; undefined when it is none. */
export function parseServer(text: string): DnsServer | undefined {
  if (isServerAddress(text)) return { address: text }
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const port = Number(digits)
  return isServerAddress(address) && isPort(port) ? { address, port } : undefined
}

function known({ address, port = 53, trusted = trustedByDefault(address) }: DnsServer): KnownServer {
  if (!isServerAddress(address)) throw optionError('servers', `${address} is no IP address`)
  if (!isPort(port)) throw optionError('servers', `${port} is no port`)
  return { address, port, trusted }
}

const dockerForwarder = '127.0.0.11'

function trustedByDefault(address: string): boolean {
  return isLoopback(address) && address !== dockerForwarder
}

/** An IP address, an IPv6 one perhaps with its zone. */
function isServerAddress(text: string): boolean {
  const [address = '', ...zone] = text.split('%')
  return parseAddress(address) !== undefined && (zone.length === 0 || (address.includes(':') && zone.join('') !== ''))
}

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 0xffff

/** The error for an option that cannot be used. */
export function optionError(option: string, because: string): DnsError<'DNS_OPTION'> {
  return new DnsError('DNS_OPTION', `${option}: ${because}`, { option, because })
}
