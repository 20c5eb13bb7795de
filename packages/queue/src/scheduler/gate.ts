import type { Clock } from '../clock.ts'
import type { DestinationKey, Millis } from '../store/contract.ts'
import type { NextHopKey, SchedulerLimits, SchedulerOptions } from './contract.ts'
import { Rates } from './rates.ts'
import type { Room, WayLimits } from './ways.ts'
import { Ways } from './ways.ts'

/** What a lease takes room of: counted there until it is given up or over. */
export interface Claim {
  readonly destination: DestinationKey
  /** Where the mail of the destination went last. */
  readonly hop: NextHopKey | undefined
  /** It shall tell whether a way that was passed over is open again. */
  readonly probe: boolean
}

/** Destinations whose next hop is remembered; of more, the longest unused are forgotten. */
const remembered = 20_000
/** A next hop is not taken for granted for longer: the next delivery looks again. */
const trustMs: Millis = 900_000
/** At most this part of all places is for ways that were passed over before: thousands of dead ones may be due at once. */
const probePart = 4

/** All that decides whether mail for a destination may go: its way, that of its next hop, and the rate limits. */
export class Gate {
  readonly destinations: Ways
  readonly nextHops: Ways
  readonly rates: Rates
  readonly #clock: Clock
  readonly #hops = new Map<DestinationKey, { readonly hop: NextHopKey; readonly until: Millis }>()
  readonly #maxProbes: number
  #probes = 0
  /** Some were passed over for want of a probe, and there is one now. */
  #probeFreed = false
  #waiting = 0

  constructor(options: SchedulerOptions, limits: SchedulerLimits) {
    const { clock, random, concurrencyOf, rates = [] } = options
    this.#clock = clock
    this.#maxProbes = Math.ceil(limits.concurrency / probePart)
    const ways = (by: 'destination' | 'next-hop', max: number): Ways =>
      new Ways(wayLimits(limits, max), (key) => concurrencyOf?.(by, key), random)
    this.destinations = ways('destination', limits.perDestination)
    this.nextHops = ways('next-hop', limits.perNextHop)
    this.rates = new Rates(rates, random)
  }

  /** Leases in hand or on their way that are not deliveries yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Where the mail of this destination goes, as far as known. */
  hopOf(destination: DestinationKey): NextHopKey | undefined {
    const known = this.#hops.get(destination)
    return known === undefined || known.until <= this.#clock.monotonic() ? undefined : known.hop
  }

  /** Until when {@link Gate.hopOf} is believed. */
  trustedUntil(destination: DestinationKey): Millis {
    return this.#hops.get(destination)?.until ?? -Infinity
  }

  learn(destination: DestinationKey, hop: NextHopKey): void {
    this.#hops.delete(destination)
    this.#hops.set(destination, { hop, until: this.#clock.monotonic() + trustMs })
    if (this.#hops.size > remembered) for (const oldest of this.#hops.keys()) return void this.#hops.delete(oldest)
  }

  /** Whether mail for it is decided without an attempt, for the time being. */
  isPassedOver(destination: DestinationKey, hop: NextHopKey | undefined): boolean {
    return this.isCooling(destination, hop) || this.lacksProbe(destination, hop)
  }

  /** Whether it or its next hop failed too often of late. */
  isCooling(destination: DestinationKey, hop: NextHopKey | undefined): boolean {
    return this.destinations.isCooling(destination) || (hop !== undefined && this.nextHops.isCooling(hop))
  }

  /** Whether it was passed over before, and too many of those are tried already. */
  lacksProbe(destination: DestinationKey, hop: NextHopKey | undefined): boolean {
    return this.#probes >= this.#maxProbes && this.#isDoubtful(destination, hop)
  }

  /** Whether there is a place for a delivery. */
  isOpen({ destination, hop }: Claim): boolean {
    return this.destinations.isOpen(destination) && (hop === undefined || this.nextHops.isOpen(hop))
  }

  /** How many more leases a destination may have, but for what it shares with others. */
  room(destination: DestinationKey): Room {
    return rest(this.destinations, destination, this.rates.room({ destination }, this.#clock.monotonic()))
  }

  /** How many more leases may be taken for a next hop. */
  hopRoom(hop: NextHopKey): Room {
    return rest(this.nextHops, hop, this.rates.room({ 'next-hop': hop }, this.#clock.monotonic()))
  }

  /** How many more leases may be taken of all, as far as rates go. */
  get allRoom(): number {
    return Math.max(0, this.rates.room({ all: '' }, this.#clock.monotonic()) - this.#waiting)
  }

  /** When {@link Gate.allRoom} may be more than nothing, in monotonic time; infinite: not for time alone. */
  get nextRoom(): Millis {
    const now = this.#clock.monotonic()
    const at = this.rates.opensAt({ all: '' }, now)
    return at > now ? at : Infinity
  }

  /** Leases taken to find out whether ways are open again, and how many may be. */
  get probing(): { readonly active: number; readonly window: number } {
    return { active: this.#probes, window: this.#maxProbes }
  }

  /** Whether one more lease for this destination may be taken. */
  hasRoom(destination: DestinationKey): boolean {
    const hop = this.hopOf(destination)
    if (this.isPassedOver(destination, hop) || this.allRoom === 0) return false
    return this.room(destination).leases > 0 && (hop === undefined || this.hopRoom(hop).leases > 0)
  }

  /** Whether as much of it waits for places as there need be. */
  isStocked(destination: DestinationKey): boolean {
    const hop = this.hopOf(destination)
    return this.destinations.isStocked(destination) || (hop !== undefined && this.nextHops.isStocked(hop))
  }

  claimFor(destination: DestinationKey): Claim {
    const hop = this.hopOf(destination)
    return { destination, hop, probe: this.#isDoubtful(destination, hop) }
  }

  take({ destination, hop, probe }: Claim, leases: number): void {
    this.destinations.take(destination, leases)
    if (hop !== undefined) this.nextHops.take(hop, leases)
    if (probe) this.#probes += leases
    this.#waiting += leases
  }

  giveUp({ destination, hop, probe }: Claim, leases: number): void {
    this.destinations.giveUp(destination, leases)
    if (hop !== undefined) this.nextHops.giveUp(hop, leases)
    if (probe) this.endProbes(leases)
    this.#waiting -= leases
  }

  begin({ destination, hop }: Claim): void {
    this.destinations.begin(destination)
    if (hop !== undefined) this.nextHops.begin(hop)
    this.#waiting--
  }

  endProbes(probes: number): void {
    if (this.#probes >= this.#maxProbes) this.#probeFreed = true
    this.#probes -= probes
  }

  /** When {@link Gate.warm} may have something to tell, in monotonic time. */
  get nextWarm(): Millis {
    return Math.min(this.destinations.nextWarm, this.nextHops.nextWarm)
  }

  /** Tells whether some destination is no longer passed over. */
  warm(): boolean {
    const now = this.#clock.monotonic()
    const warmed = [this.destinations.warm(now), this.nextHops.warm(now), this.#probeFreed]
    this.#probeFreed = false
    return warmed.includes(true)
  }

  /** Passes nothing over any more: each may be tried once, and is passed over again at its first failure. */
  forgive(): void {
    this.destinations.warm(Infinity)
    this.nextHops.warm(Infinity)
  }

  forgetIdle(): void {
    this.destinations.forgetIdle()
    this.nextHops.forgetIdle()
  }

  #isDoubtful(destination: DestinationKey, hop: NextHopKey | undefined): boolean {
    return this.destinations.isDoubtful(destination) || (hop !== undefined && this.nextHops.isDoubtful(hop))
  }
}

function wayLimits(limits: SchedulerLimits, max: number): WayLimits {
  const { perDestinationStart: start, ahead, coolFirstMs, coolMaxMs } = limits
  return { max, start, ahead, coolFirstMs, coolMaxMs }
}

/** What a rate leaves is also for those that wait already. */
function rest(ways: Ways, key: string, rate: number): Room {
  const { places, leases } = ways.room(key)
  const left = Math.max(0, rate - (ways.taken(key) - ways.active(key)))
  return { places: Math.min(places, left), leases: Math.min(leases, left) }
}
