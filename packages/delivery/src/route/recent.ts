import type { Clock, DestinationKey, Millis } from '@angarium/queue'
import { locate, type RoutingContext } from './locate.ts'
import type { Route, Routing } from './route.ts'

interface Found {
  readonly route: Route | undefined
  readonly routing: Routing
  readonly until: Millis
}

/**
 * Finds the hosts for destinations, and keeps what it found for a second: a burst of mail to one place asks DNS once. To
 * keep answers for longer is for the resolver, which knows how long they hold.
 */
export class RecentRoutings {
  readonly #route: (destination: DestinationKey) => Route | undefined
  readonly #context: RoutingContext
  readonly #clock: Clock
  /** The oldest first. */
  readonly #found = new Map<DestinationKey, Found>()

  /** @param route a configured next hop; asked each time */
  constructor(route: (destination: DestinationKey) => Route | undefined, context: RoutingContext, clock: Clock) {
    this.#route = route
    this.#context = context
    this.#clock = clock
  }

  /** As the function of this name; at once where it is known. What came to trouble is not kept. */
  locate(destination: DestinationKey): Routing | Promise<Routing> {
    const route = this.#route(destination)
    const known = this.#found.get(destination)
    const holds = known !== undefined && known.route === route && this.#clock.monotonic() < known.until
    return holds ? known.routing : this.#look(destination, route)
  }

  async #look(destination: DestinationKey, route: Route | undefined): Promise<Routing> {
    const routing = await locate(destination, route, this.#context)
    this.#found.delete(destination)
    if (routing.kind !== 'hosts') return routing
    const now = this.#clock.monotonic()
    for (const [oldest, { until }] of this.#found) {
      if (now < until && this.#found.size < MOST) break
      this.#found.delete(oldest)
    }
    this.#found.set(destination, { route, routing, until: now + KEPT_MS })
    return routing
  }
}

const KEPT_MS = 1_000
const MOST = 1_000
