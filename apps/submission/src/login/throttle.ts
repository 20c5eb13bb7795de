import { formatAddress, parseAddress } from '@angarium/dns-client'
import type { Clock, Millis } from '@angarium/queue'

/** What failed log-ins cost. */
export interface ThrottleLimits {
  /** Failures from one address within `window`; then its log-ins are refused. */
  readonly failuresPerAddress: number
  /** Failures for one name within `window`. */
  readonly failuresPerAccount: number
  readonly window: Millis
  /** After two failures; doubled by each further one. */
  readonly delay: Millis
  readonly maxDelay: Millis
}

/** Counts failed log-ins by address and by account, in bounded memory. */
export interface Throttle {
  /** How long a log-in has to wait before it is looked at; `refused`: it is not. */
  judge(address: string, account: string): Millis | 'refused'
  /** The log-in was wrong. */
  failed(address: string, account: string): void
}

/** Makes a {@link Throttle}. Failures are forgotten evenly: in each `window` as many as are allowed within it. */
export function createThrottle(clock: Clock, limits: ThrottleLimits): Throttle {
  const addresses = createCounts(clock, limits.failuresPerAddress, limits.window)
  const accounts = createCounts(clock, limits.failuresPerAccount, limits.window)
  return {
    judge(address, account) {
      const from = addresses.level(network(address))
      const to = accounts.level(accountKey(account))
      // What is forgotten of the last failure makes no room for a whole one.
      if (from > limits.failuresPerAddress - 1 || to > limits.failuresPerAccount - 1) return 'refused'
      const failures = Math.ceil(Math.max(from, to))
      return failures < freeFailures ? 0 : Math.min(limits.maxDelay, limits.delay * 2 ** (failures - freeFailures))
    },
    failed(address, account) {
      addresses.add(network(address))
      accounts.add(accountKey(account))
    },
  }
}

/** Failures that everybody has. */
const freeFailures = 2

/** Keys counted at a time; the one that failed longest ago makes room. */
const maxKeys = 10_000

interface Counts {
  level(key: string): number
  add(key: string): void
}

function createCounts(clock: Clock, limit: number, window: Millis): Counts {
  const counts = new Map<string, { readonly level: number; readonly at: number }>()
  const level = (key: string): number => {
    const count = counts.get(key)
    if (count === undefined) return 0
    return Math.max(0, count.level - ((clock.monotonic() - count.at) * limit) / window)
  }
  return {
    level,
    add(key) {
      const next = { level: level(key) + 1, at: clock.monotonic() }
      // Those who failed last stand last.
      counts.delete(key)
      counts.set(key, next)
      const [oldest] = counts.keys()
      if (counts.size > maxKeys && oldest !== undefined) counts.delete(oldest)
    },
  }
}

/** An IPv4 address, or the IPv6 network of 64 bits that one customer has. */
function network(address: string): string {
  const octets = parseAddress(address)
  if (octets === undefined || octets.length === 4) return address
  return formatAddress(octets.map((octet, at) => (at < 8 ? octet : 0)))
}

/** What the peer calls itself may be as long as a line. */
const accountKey = (account: string): string => account.slice(0, 256)
