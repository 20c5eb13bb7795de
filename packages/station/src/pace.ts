import { localPrefix } from '@angarium/delivery'
import type { DestinationKey, RateLimit, RetryPolicy, SchedulerOptions } from '@angarium/queue'
import type { StationSettings } from './configuration/settings.ts'

/** How fast mail goes out and comes again, as the configuration has it. */
export interface Pace extends Required<Pick<SchedulerOptions, 'concurrencyOf' | 'rates'>> {
  readonly policy: Partial<RetryPolicy>
  /** Where a destination has waits of its own. */
  policyOf(destination: DestinationKey): Partial<RetryPolicy> | undefined
  readonly limits: Required<
    Pick<NonNullable<SchedulerOptions['limits']>, 'concurrency' | 'perDestination' | 'perNextHop'>
  >
}

/** Reads it. Of `delivery.destinations` the entry that is nearest to a destination counts, and that alone. */
export function paceOf({ retry, delivery }: Pick<StationSettings, 'retry' | 'delivery'>): Pace {
  const { concurrency, perDestination, perNextHop = perDestination } = delivery
  const entries = Object.entries(delivery.destinations)
  const own = new Map(entries.map(([key, one]) => [key, { ...one, policy: policyFrom(one.retry) }]))
  const nearest = (destination: DestinationKey) => {
    const domain = destination.startsWith(localPrefix) ? destination.slice(localPrefix.length) : destination
    let found = own.get(domain)
    for (let dot = domain.indexOf('.'); found === undefined && dot >= 0; dot = domain.indexOf('.', dot + 1))
      found = own.get(`*${domain.slice(dot)}`)
    return found
  }
  return {
    policy: policyFrom(retry),
    policyOf: (destination) => nearest(destination)?.policy,
    limits: { concurrency, perDestination, perNextHop },
    concurrencyOf: (by, of) => (by === 'destination' ? nearest(of)?.concurrency : undefined),
    rates: delivery.rates.map(rateFrom),
  }
}

type Waits = StationSettings['delivery']['destinations'][string]['retry']

function policyFrom({ first, max, factor, lifetime, warnAfter }: Waits): Partial<RetryPolicy> {
  return {
    ...(first !== undefined && { firstMs: first }),
    ...(max !== undefined && { maxMs: max }),
    ...(factor !== undefined && { factor }),
    ...(lifetime !== undefined && { lifetimeMs: lifetime }),
    ...(warnAfter !== undefined && { warnAfterMs: warnAfter }),
  }
}

function rateFrom({ by, of, count, limit, per }: StationSettings['delivery']['rates'][number]): RateLimit {
  return { by, ...(of !== undefined && { of }), count, limit, perMs: spans[per] }
}

const spans = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const
