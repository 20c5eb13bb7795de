import { isLoopback, type MxRecord, normalName, type Resolver } from '@angarium/dns-client'
import type { DestinationKey } from '@angarium/queue'
import { parseAddressLiteral } from '@angarium/smtp-wire'
import { deferred, failed, type Trouble } from '../outcome/outcome.ts'
import { aLabels } from './a-labels.ts'
import { type Addresses, type AddressFamily, addressesOf } from './addresses.ts'
import { mailExchangers } from './exchangers.ts'
import { hostsKey, routeKey } from './next-hop.ts'
import type { NextHop, Route, RouteSource, Routing } from './route.ts'
import { canonicalAddress, type Self } from './self.ts'

/** What routing goes by. */
export interface RoutingContext {
  readonly resolver: Resolver
  readonly self: Self
  readonly families: readonly AddressFamily[]
  readonly allowLoopback: boolean
  /** Where hosts found by MX listen. */
  readonly port: number
  /** Most addresses of one attempt; names are not looked up beyond them. */
  readonly maxAddresses: number
  /** Most MX records considered, best first. */
  readonly maxExchangers: number
}

/**
 * Finds the hosts for a destination: by its route, where one is configured, by an address literal, or by MX records.
 *
 * Asks DNS for what it needs and no more, and does nothing else. A failed look-up is a deferral; only a definite answer
 * returns mail.
 *
 * @rfc 5321 5.1
 * @rfc 6531 3.2
 * @rfc 7505 4
 */
export async function locate(
  destination: DestinationKey,
  route: Route | undefined,
  context: RoutingContext,
): Promise<Routing> {
  if (route !== undefined) return viaRoute(route, context)
  if (destination.startsWith('[')) return viaLiteral(destination, context)
  const domain = normalName(aLabels(destination) ?? '')
  if (domain === undefined || domain === '.') return failed('5.1.2', `${destination} is not a domain name`)

  const answer = await context.resolver.resolve(domain, 'MX')
  switch (answer.kind) {
    case 'nxdomain':
      return failed('5.1.2', `there is no domain ${domain}`)
    case 'failed':
      return deferred('4.4.3', `MX look-up for ${domain} failed: ${answer.reason}`)
    case 'nodata': {
      // The implicit MX: the domain itself, and only when it surely has no other.
      const self = [{ preference: 0, exchange: domain }]
      const found = await reach(domain, self, failed('5.1.2', `${domain} has neither MX nor address records`), context)
      if (found.kind !== 'reached') return found
      return byDns('implicit-mx', found, found.hosts[0]?.canonicalName ?? domain, answer.authentic, context)
    }
    case 'found': {
      const { records, canonicalName, authentic } = answer
      if (records.length === 1 && records[0]?.exchange === '.') return nullMx(domain)
      const none = failed('5.4.4', `no MX record of ${domain} leads to a usable address`)
      const found = await reach(domain, records, none, context)
      return found.kind === 'reached' ? byDns('mx', found, canonicalName, authentic, context) : found
    }
  }
}

/** The domain says that it takes no mail. */
function nullMx(domain: string): Trouble {
  const reply = { code: 556, status: '5.1.10', text: ['Domain does not accept mail'] }
  return failed('5.1.10', `${domain} has a null MX record`, reply)
}

function byDns(
  by: RouteSource,
  { hosts, best }: Reached,
  canonicalName: string,
  authentic: boolean,
  { port }: RoutingContext,
): Routing {
  const nextHop = hostsKey(best)
  return { kind: 'hosts', by, nextHop, hosts, port, protocol: 'smtp', tls: undefined, canonicalName, authentic }
}

/** Hosts that can be reached. */
interface Reached {
  readonly kind: 'reached'
  /** At least one, by rising rank. */
  readonly hosts: readonly NextHop[]
  /** Names of the best preference that leads anywhere, whether or not each does at present. */
  readonly best: readonly string[]
}

/**
 * Looks up addresses level by level of preference, until there are enough for one attempt. Stops where a level leads to
 * ourselves.
 *
 * @param none - the answer when DNS says for certain that nothing is left.
 */
async function reach(
  domain: string,
  records: readonly MxRecord[],
  none: Trouble,
  context: RoutingContext,
): Promise<Reached | Trouble> {
  const { self, resolver, families, maxAddresses } = context
  const { levels, looped: byName } = mailExchangers(records, context)
  // A host with many addresses leaves some tries to the next.
  const perHost = records.length > 1 ? Math.ceil(maxAddresses / 2) : maxAddresses
  const hosts: NextHop[] = []
  let looped = byName
  let unknown = false
  let left = maxAddresses
  for (const [rank, level] of levels.entries()) {
    const found = await Promise.all(level.map((host) => addressesOf(host, families, resolver)))
    if (found.some((one) => isSelf(one, self))) {
      looped = true
      break
    }
    for (const [at, one] of found.entries()) {
      if (one.kind === 'unknown') unknown = true
      if (one.kind !== 'found') continue
      const addresses = one.addresses.filter((address) => isUsable(address, context)).slice(0, perHost)
      if (addresses.length === 0) continue
      left -= addresses.length
      const { canonicalName, authentic } = one
      hosts.push({ host: level[at] ?? '', canonicalName, addresses, rank, authentic })
    }
    if (left <= 0) break
  }
  const [first] = hosts
  if (first !== undefined) return { kind: 'reached', hosts, best: levels[first.rank] ?? [] }
  if (unknown) return deferred('4.4.3', `address look-up for the mail hosts of ${domain} failed`)
  return looped ? failed('5.4.6', `mail for ${domain} loops back to this host`) : none
}

function isSelf(found: Addresses, self: Self): boolean {
  if (found.kind !== 'found') return false
  return self.hasName(found.canonicalName) || found.addresses.some((address) => self.hasAddress(address))
}

/** Addresses that lead to this machine, or to none, are no place for foreign mail. */
function isUsable(address: string, { allowLoopback }: RoutingContext): boolean {
  if (address === '::' || address.startsWith('0.')) return false
  return allowLoopback || !isLoopback(address)
}

function viaLiteral(destination: string, context: RoutingContext): Routing {
  const literal = parseAddressLiteral(destination)
  if (literal === undefined || literal.kind === 'general') return failed('5.1.2', `${destination} is no address`)
  const address = canonicalAddress(literal.address) ?? literal.address
  if (context.self.hasAddress(address)) return failed('5.4.6', `mail for ${destination} loops back to this host`)
  if (!isUsable(address, context)) return failed('5.4.4', `no mail is sent to ${destination}`)
  return byDns('literal', { kind: 'reached', hosts: [numeric(address)], best: [address] }, address, false, context)
}

/** Whoever configured it knows why: no address is refused, and a name that leads nowhere returns no mail. */
async function viaRoute(route: Route, context: RoutingContext): Promise<Routing> {
  const { host, port, protocol, tls } = route
  const routing = { kind: 'hosts', by: 'route', nextHop: routeKey(route), port, protocol, tls } as const
  const address = canonicalAddress(host)
  if (address !== undefined) return { ...routing, hosts: [numeric(address)], canonicalName: address, authentic: false }
  const found = await addressesOf(host, context.families, context.resolver)
  if (found.kind === 'unknown') return deferred('4.4.3', `address look-up for ${host} failed`)
  if (found.kind === 'none') return deferred('4.4.4', `${host}, configured as a route, has no address`)
  const { canonicalName, authentic } = found
  const addresses = found.addresses.slice(0, context.maxAddresses)
  return { ...routing, hosts: [{ host, canonicalName, addresses, rank: 0, authentic }], canonicalName, authentic }
}

function numeric(address: string): NextHop {
  return { host: address, canonicalName: address, addresses: [address], rank: 0, authentic: false }
}
