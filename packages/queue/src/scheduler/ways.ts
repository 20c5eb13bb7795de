import type { Random } from '../clock.ts'
import { Ranking } from '../ranking.ts'
import { jittered } from '../schedule/schedule.ts'
import type { Millis } from '../store/contract.ts'
import type { Judgement } from './contract.ts'

/** What holds for all ways of a kind. */
export interface WayLimits {
  /** Deliveries under way at most, and before anything is known. */
  readonly max: number
  readonly start: number
  /** Leases that may wait for places. */
  readonly ahead: number
  readonly coolFirstMs: Millis
  readonly coolMaxMs: Millis
}

/** Room for more leases. */
export interface Room {
  /** That can begin at once. */
  readonly places: number
  /** In all, those ahead among them. */
  readonly leases: number
}

const noRoom: Room = { places: 0, leases: 0 }

interface Way {
  /** Deliveries under way. */
  active: number
  /** Those, and leases in hand or on their way that are to become deliveries. */
  taken: number
  /** How many may be under way, now and ever. */
  window: number
  readonly max: number
  /** Failures in a row, and how many of them make a failed cohort. */
  failures: number
  cohort: number
  /** Failed cohorts in a row. */
  cooled: number
}

/** More are forgotten, the longest unused first: a dead one forgotten is tried once more, no worse. */
const remembered = 20_000

/** Leases that wait for a way, for each of its places. */
const aheadPerPlace = 4

/**
 * What the scheduler has learned about peers of one kind, be it destinations or next hops: how wide the way to each is,
 * and which to pass over.
 */
export class Ways {
  readonly #ways = new Map<string, Way>()
  /** Those passed over, by the end of it in monotonic time. */
  readonly #cooling = new Ranking<string>()
  readonly #limits: WayLimits
  readonly #maxOf: (key: string) => number | undefined
  readonly #random: Random
  /** Those that had nothing in hand at some time since the last {@link Ways.forgetIdle}. */
  readonly #idle = new Set<string>()

  constructor(limits: WayLimits, maxOf: (key: string) => number | undefined, random: Random) {
    this.#limits = limits
    this.#maxOf = maxOf
    this.#random = random
  }

  /** Whether a delivery may begin now. */
  isOpen(key: string): boolean {
    if (this.isCooling(key)) return false
    const way = this.#ways.get(key)
    return way === undefined || way.active < way.window
  }

  /** How many more leases may be taken; none while passed over. */
  room(key: string): Room {
    if (this.isCooling(key)) return noRoom
    const way = this.#ways.get(key) ?? this.#newWay(key)
    const places = Math.max(0, way.window - way.taken)
    return { places, leases: Math.max(0, way.window + this.#aheadOf(way) - way.taken) }
  }

  /** Whether enough waits for its places: it is filled up once half of that is gone, by a large request, not many small. */
  isStocked(key: string): boolean {
    const way = this.#ways.get(key)
    return way !== undefined && way.taken >= way.window && 2 * (way.taken - way.active) > this.#aheadOf(way)
  }

  active(key: string): number {
    return this.#ways.get(key)?.active ?? 0
  }

  taken(key: string): number {
    return this.#ways.get(key)?.taken ?? 0
  }

  window(key: string): number {
    return (this.#ways.get(key) ?? this.#newWay(key)).window
  }

  /** Whether it was passed over and has not been reached since. */
  isDoubtful(key: string): boolean {
    return (this.#ways.get(key)?.cooled ?? 0) > 0
  }

  /** Passed over, at the time of the last {@link Ways.warm}. */
  isCooling(key: string): boolean {
    return this.#cooling.size > 0 && this.#cooling.rankOf(key) !== undefined
  }

  /** Until when it is passed over, in monotonic time. */
  coolUntil(key: string): Millis | undefined {
    return this.#cooling.rankOf(key)
  }

  /** When the next one is no longer passed over; infinite: none is. */
  get nextWarm(): Millis {
    return this.#cooling.least()?.rank ?? Infinity
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

  /** Takes room for leases, see {@link Ways.room}. */
  take(key: string, leases: number): void {
    const way = this.#ways.get(key) ?? this.#newWay(key)
    way.taken += leases
    // To the end of the line of those to forget.
    this.#ways.delete(key)
    this.#ways.set(key, way)
    this.#forgetSome()
  }

  /** Gives room back that was taken and not used. */
  giveUp(key: string, leases: number): void {
    const way = this.#ways.get(key)
    if (way === undefined) return
    way.taken -= leases
    if (way.taken === 0) this.#idle.add(key)
  }

  /** One of the leases taken becomes a delivery. */
  begin(key: string): void {
    const way = this.#ways.get(key)
    if (way !== undefined) way.active++
  }

  /** A delivery is over; learns from how it went. */
  end(key: string, judgement: Judgement, now: Millis): void {
    const way = this.#ways.get(key)
    if (way === undefined) return
    if (judgement === 'success') {
      way.window = Math.min(way.max, way.window + 1)
      way.failures = 0
      way.cooled = 0
      if (this.#cooling.size > 0) this.#cooling.delete(key)
    } else if (judgement === 'failure' && !this.isCooling(key)) this.#fail(key, way, now)
    way.active--
    this.giveUp(key, 1)
  }

  /** Forgets those with nothing in hand and no history of failure: to be called once what waits has got its places. */
  forgetIdle(): void {
    for (const key of this.#idle) {
      const way = this.#ways.get(key)
      if (way?.taken === 0 && way.cooled === 0 && way.failures === 0) this.#ways.delete(key)
    }
    this.#idle.clear()
  }

  /** All that is remembered; `coolUntil` in monotonic time. */
  *list(): Generator<{
    readonly key: string
    readonly active: number
    readonly window: number
    readonly coolUntil: Millis | undefined
  }> {
    for (const [key, { active, window }] of this.#ways)
      yield { key, active, window, coolUntil: this.#cooling.rankOf(key) }
  }

  #fail(key: string, way: Way, now: Millis): void {
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
    this.#cooling.set(key, now + jittered(rest, 0.2, this.#random))
  }

  /** How many leases may wait for its places. Nothing waits for a way in doubt: it would only be given back. */
  #aheadOf({ window, failures, cooled }: Way): number {
    return failures > 0 || cooled > 0 ? 0 : Math.min(this.#limits.ahead, aheadPerPlace * window)
  }

  #newWay(key: string): Way {
    const max = Math.max(1, this.#maxOf(key) ?? this.#limits.max)
    const window = Math.min(this.#limits.start, max)
    return { active: 0, taken: 0, window, max, failures: 0, cohort: 1, cooled: 0 }
  }

  #forgetSome(): void {
    if (this.#ways.size <= remembered) return
    for (const [key, { taken }] of this.#ways) {
      if (taken > 0) continue
      this.#ways.delete(key)
      this.#cooling.delete(key)
      return
    }
  }
}
