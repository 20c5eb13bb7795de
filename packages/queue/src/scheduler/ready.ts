import type { Clock } from '../clock.ts'
import type { InLine } from '../lifecycle/line.ts'
import type { DestinationKey, Due, Instant, Lease, Millis, QueueStore } from '../store/contract.ts'
import type { Candidate } from './allot.ts'
import type { Destinations } from './destinations.ts'

/** A wall clock that jumps moves what is due; nobody sleeps past this. */
const longestSleep = 60_000
/** When the store names work as due and then has none to lease, it is not asked again at once. */
const emptyHandedPause = 100
/**
 * Destinations read from the store per millisecond, at most: thousands that are passed over must be read again to see
 * past them, which may not slow down the others.
 */
const readPerMs = 100

/** Which destinations have due work, as far as the store was asked. */
export class Ready {
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #destinations: Destinations
  /** Worth a lease, and what is known of the first in line. */
  #ready = new Map<DestinationKey, InLine>()
  /** Due and passed over, in line. */
  #passedOver: DestinationKey[] = []
  #outdated = true
  /** By the wall clock: when the store has more, by all we know. */
  #nextDue: Instant | undefined
  #nextAsk: Millis = 0

  constructor(store: QueueStore, clock: Clock, destinations: Destinations) {
    this.#store = store
    this.#clock = clock
    this.#destinations = destinations
  }

  /** The store may have work that it did not have before. */
  outdate(): void {
    this.#outdated = true
  }

  /** Some work will be due then. */
  expect(due: Instant): void {
    this.#nextDue = Math.min(this.#nextDue ?? due, due)
  }

  /** What came of asking for `limit` leases. */
  leased(destination: DestinationKey, limit: number, leases: readonly Lease[]): void {
    const all = leases.length < limit
    if (all) this.#ready.delete(destination)
    // What it has for later was not part of the store's answer, nor what stands behind the first of another priority.
    if (all || leases.at(-1)?.priority !== this.#ready.get(destination)?.priority) this.#outdated = true
    // Either the store's word was not true, or another holder was faster: no haste.
    if (leases.length === 0) this.#nextAsk = Math.max(this.#nextAsk, this.#clock.monotonic() + emptyHandedPause)
  }

  /** Asks the store when there is reason to, and time. Rejects as the store does. */
  async refresh(free: number): Promise<void> {
    const now = this.#clock.monotonic()
    const warmed = this.#destinations.warm(now)
    const reached = this.#nextDue !== undefined && this.#nextDue <= this.#clock.now()
    if (warmed || reached) this.#outdated = true
    if (!this.#outdated || now < this.#nextAsk) return
    this.#outdated = false
    // What is settled while the store is asked is not part of its answer; what is expected from then on stands beside it.
    this.#nextDue = undefined
    const { destinations, next } = await this.#ask(free + 1 + this.#destinations.blocked)
    this.#nextAsk = now + Math.floor(destinations.length / readPerMs)
    if (next !== undefined) this.expect(next)
    this.#ready = new Map()
    this.#passedOver = []
    for (const { destination, ...first } of destinations)
      if (this.#destinations.isCooling(destination)) this.#passedOver.push(destination)
      else this.#ready.set(destination, first)
  }

  async #ask(limit: number): Promise<Due> {
    try {
      return await this.#store.due(limit)
    } catch (error) {
      this.#outdated = true
      throw error
    }
  }

  /** Those with room. */
  candidates(): readonly Candidate[] {
    const candidates: Candidate[] = []
    for (const [destination, first] of this.#ready) {
      if (this.#destinations.isCooling(destination)) {
        this.#ready.delete(destination)
        this.#passedOver.push(destination)
        continue
      }
      const room = this.#destinations.room(destination)
      if (room > 0) candidates.push({ destination, ...first, active: this.#destinations.active(destination), room })
    }
    return candidates
  }

  /** Whether work of a higher priority waits for nothing but a free place. */
  hasAbove(priority: number): boolean {
    for (const [destination, first] of this.#ready)
      if (first.priority > priority && this.#destinations.room(destination) > 0) return true
    return false
  }

  /** Takes the destination out that is due, passed over, and first in line. */
  takePassedOver(): DestinationKey | undefined {
    return this.#passedOver.shift()
  }

  /** Puts a destination behind all others that are passed over. */
  passOver(destination: DestinationKey): void {
    this.#passedOver.push(destination)
  }

  get somePassedOver(): boolean {
    return this.#passedOver.length > 0
  }

  /** When a look may bring something new, in monotonic time. */
  get nextLook(): Millis | undefined {
    const now = this.#clock.monotonic()
    if (this.#outdated) return Math.max(now, this.#nextAsk)
    let at = this.#destinations.nextWarm ?? Infinity
    if (this.#nextDue !== undefined)
      at = Math.min(at, now + Math.min(longestSleep, Math.max(1, this.#nextDue - this.#clock.now())))
    return at === Infinity ? undefined : at
  }
}
