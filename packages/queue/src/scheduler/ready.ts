import type { Clock } from '../clock.ts'
import type { InLine } from '../lifecycle/line.ts'
import type { DestinationKey, Due, Instant, Millis, QueueStore } from '../store/contract.ts'
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

/** The first in line of a destination, as the store told it. */
interface First extends InLine {
  /** Some was leased since, so that there may be no more. */
  readonly begun?: true
}

/** Which destinations have due work, as far as the store was asked. */
export class Ready {
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #destinations: Destinations
  /** Worth a lease, and what is known of the first in line. */
  #ready = new Map<DestinationKey, First>()
  /** Due and passed over, in line. */
  #passedOver: DestinationKey[] = []
  #outdated = true
  /** Work has come of which the store was not asked yet. */
  #news = true
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
    this.#news = true
  }

  /** Some work will be due then. */
  expect(due: Instant): void {
    this.#nextDue = Math.min(this.#nextDue ?? due, due)
  }

  /** So many leases came of asking for `limit`. Tells whether there may be more work at once. */
  leased(destination: DestinationKey, limit: number, got: number): boolean {
    const first = this.#ready.get(destination)
    if (got === limit) {
      if (first !== undefined) this.#ready.set(destination, { ...first, begun: true })
      return true
    }
    this.#ready.delete(destination)
    // What it has for later, or further down the line, was not part of the store's answer.
    this.#outdated = true
    if (got > 0 || first?.begun === true) return true
    // Either the store's word was not true, or another holder was faster: no haste.
    this.#nextAsk = Math.max(this.#nextAsk, this.#clock.monotonic() + emptyHandedPause)
    return false
  }

  /** Asks the store when there is reason to, and time. Rejects as the store does. */
  async refresh(free: number): Promise<void> {
    const now = this.#clock.monotonic()
    const warmed = this.#destinations.warm(now)
    const reached = this.#nextDue !== undefined && this.#nextDue <= this.#clock.now()
    if (warmed || reached) this.#outdated = true
    if (!this.#outdated || now < this.#nextAsk) return
    this.#outdated = false
    this.#news = false
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
      this.outdate()
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

  /** Whether work may be waiting for nothing but a free place. */
  get waiting(): boolean {
    return this.#news || this.candidates().length > 0
  }

  /** Whether work of this destination is known to wait. */
  has(destination: DestinationKey): boolean {
    return this.#ready.has(destination)
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
