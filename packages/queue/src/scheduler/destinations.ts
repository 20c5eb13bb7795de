import type { Random } from '../clock.ts'
import { Ranking } from '../ranking.ts'
import { jittered } from '../schedule/schedule.ts'
import type { DestinationKey, Millis } from '../store/contract.ts'
import type { Judgement, SchedulerLimits } from './contract.ts'

interface Way {
  active: number
  /** How many may be under way. */
  window: number
  /** Failures in a row, and how many of them make a failed cohort. */
  failures: number
  cohort: number
  /** Failed cohorts in a row. */
  cooled: number
}

/** More are forgotten, the longest unused first: a dead destination forgotten is tried once more, no worse. */
const remembered = 20_000

/** What the scheduler has learned about destinations: how wide each way is, and which to pass over. */
export class Destinations {
  readonly #ways = new Map<DestinationKey, Way>()
  /** Those passed over, by the end of it in monotonic time. */
  readonly #cooling = new Ranking<DestinationKey>()
  readonly #limits: SchedulerLimits
  readonly #random: Random
  #inUse = 0
  /** Those that had nothing under way at some time since the last {@link Destinations.forgetIdle}. */
  readonly #idle = new Set<DestinationKey>()

  constructor(limits: SchedulerLimits, random: Random) {
    this.#limits = limits
    this.#random = random
  }

  /** How many more deliveries may begin; 0 while passed over. */
  room(destination: DestinationKey): number {
    if (this.isCooling(destination)) return 0
    const way = this.#ways.get(destination)
    return way === undefined ? this.#startWindow() : Math.max(0, way.window - way.active)
  }

  active(destination: DestinationKey): number {
    return this.#ways.get(destination)?.active ?? 0
  }

  /** Passed over, at the time of the last {@link Destinations.warm}. */
  isCooling(destination: DestinationKey): boolean {
    return this.#cooling.rankOf(destination) !== undefined
  }

  /** How many destinations at most stand before others in a list of due ones though they can take nothing. */
  get blocked(): number {
    return this.#inUse + this.#cooling.size
  }

  /** When the next destination is no longer passed over. */
  get nextWarm(): Millis | undefined {
    return this.#cooling.least()?.rank
  }

  /** Ends what has cooled long enough; tells whether there was something. */
  warm(now: Millis): boolean {
    let some = false
    for (let least = this.#cooling.least(); least !== undefined && least.rank <= now; least = this.#cooling.least()) {
      this.#cooling.delete(least.key)
      some = true
    }
    return some
  }

  /** Passes nothing over any more: each may be tried once, and is passed over again at its first failure. */
  forgive(): void {
    this.warm(Infinity)
  }

  /** Takes places, for deliveries or for leases on their way. */
  take(destination: DestinationKey, places: number): void {
    const way = this.#ways.get(destination) ?? this.#newWay()
    if (way.active === 0) this.#inUse++
    way.active += places
    // To the end of the line of those to forget.
    this.#ways.delete(destination)
    this.#ways.set(destination, way)
    this.#forgetSome()
  }

  /** Gives places back of which nothing was learned. */
  free(destination: DestinationKey, places: number): void {
    const way = this.#ways.get(destination)
    if (way === undefined) return
    way.active -= places
    if (way.active > 0) return
    this.#inUse--
    this.#idle.add(destination)
  }

  /** Forgets those with nothing under way and no history of failure: to be called once what waits has got its places. */
  forgetIdle(): void {
    for (const destination of this.#idle) {
      const way = this.#ways.get(destination)
      if (way?.active === 0 && way.cooled === 0 && way.failures === 0) this.#ways.delete(destination)
    }
    this.#idle.clear()
  }

  /** Gives one place back and learns from how it went. */
  ended(destination: DestinationKey, judgement: Judgement, now: Millis): void {
    const way = this.#ways.get(destination)
    if (way === undefined) return
    if (judgement === 'success') {
      way.window = Math.min(this.#limits.perDestination, way.window + 1)
      way.failures = 0
      way.cooled = 0
      this.#cooling.delete(destination)
    } else if (judgement === 'failure' && !this.isCooling(destination)) this.#fail(destination, way, now)
    this.free(destination, 1)
  }

  #fail(destination: DestinationKey, way: Way, now: Millis): void {
    // A way that was given up before gets one try, not a cohort.
    if (way.failures === 0) way.cohort = way.cooled > 0 ? 1 : Math.max(1, way.window)
    way.failures++
    way.window = Math.max(1, Math.floor(way.window / 2))
    if (way.failures < way.cohort) return
    const { coolFirstMs, coolMaxMs } = this.#limits
    const rest = Math.min(coolMaxMs, coolFirstMs * 2 ** Math.min(way.cooled, 40))
    way.cooled++
    way.failures = 0
    way.window = 1
    this.#cooling.set(destination, now + jittered(rest, 0.2, this.#random))
  }

  /** All that is remembered; `coolUntil` in monotonic time. */
  *list(): Generator<{
    readonly destination: DestinationKey
    readonly active: number
    readonly window: number
    readonly coolUntil: Millis | undefined
  }> {
    for (const [destination, { active, window }] of this.#ways)
      yield { destination, active, window, coolUntil: this.#cooling.rankOf(destination) }
  }

  #newWay(): Way {
    return { active: 0, window: this.#startWindow(), failures: 0, cohort: 1, cooled: 0 }
  }

  #startWindow(): number {
    return Math.min(this.#limits.perDestinationStart, this.#limits.perDestination)
  }

  #forgetSome(): void {
    if (this.#ways.size <= remembered) return
    for (const [destination, { active }] of this.#ways) {
      if (active > 0) continue
      this.#ways.delete(destination)
      this.#cooling.delete(destination)
      return
    }
  }
}
