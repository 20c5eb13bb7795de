import type { Clock } from '../clock.ts'
import { Ranking } from '../ranking.ts'
import type { DestinationKey, Due, Instant, Millis, QueueStore } from '../store/contract.ts'
import type { Candidate } from './allot.ts'
import type { Gate } from './gate.ts'
import type { Room } from './ways.ts'

/** A wall clock that jumps moves what is due; nobody sleeps past this. */
const longestSleep = 60_000
/** When work should be due and the store has none, it is not asked again at once. */
const emptyHandedPause = 100
/**
 * Destinations read from the store per millisecond, at most: thousands that can take nothing must be read again to see
 * past them, which may not slow down the others.
 */
const readPerMs = 100

/** The first in line of a destination, as the store told it. */
interface First {
  readonly since: Instant
  readonly priority: number
  /** Some was leased since, so that there may be no more. */
  begun: boolean
}

/** Which destinations have due work, as far as the store was asked, and which of them can take some. */
export class Ready {
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #gate: Gate
  /** All that are known, and those of them that are worth a look. */
  #firsts = new Map<DestinationKey, First>()
  #open = new Set<DestinationKey>()
  /** By next hop, those that wait for room there. */
  #parked = new Map<string, Set<DestinationKey>>()
  /** Those that wait for a rate limit of their own, by the end of it. */
  #resting = new Ranking<DestinationKey>()
  /** Passed over, in line. */
  #passedOver: DestinationKey[] = []
  /** In monotonic time: when a next hop's rate limit has room, and when what waits for one may go elsewhere. */
  #nextRoom: Millis = Infinity
  #nextDoubt: Millis = Infinity
  #outdated = true
  /** Work has come of which the store was not asked yet. */
  #news = true
  /** By the wall clock: when the store has more, by all we know. */
  #nextDue: Instant | undefined
  #nextAsk: Millis = 0
  /** How many in the store's last answer could take nothing, and how far to look if they hid all others. */
  #inTheWay = 0
  #reach = 0

  constructor(store: QueueStore, clock: Clock, gate: Gate) {
    this.#store = store
    this.#clock = clock
    this.#gate = gate
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
    const first = this.#firsts.get(destination)
    const begun = first?.begun === true
    if (got === limit) {
      if (first !== undefined) first.begun = true
      return true
    }
    this.#firsts.delete(destination)
    this.#open.delete(destination)
    // What it has for later, or further down the line, was not part of the store's answer.
    this.#outdated = true
    if (got > 0 || begun) return true
    // Either the store's word was not true, or another holder was faster: no haste.
    this.#nextAsk = Math.max(this.#nextAsk, this.#clock.monotonic() + emptyHandedPause)
    return false
  }

  /** Asks the store when there is reason to, and time. Rejects as the store does. */
  async refresh(wanted: number): Promise<void> {
    const now = this.#clock.monotonic()
    const warmed = this.#gate.warm()
    const reached = this.#nextDue !== undefined && this.#nextDue <= this.#clock.now()
    if (warmed || reached || this.#nextDoubt <= now) this.#outdated = true
    if (!this.#outdated || now < this.#nextAsk) return
    this.#outdated = false
    this.#news = false
    // What is settled while the store is asked is not part of its answer; what is expected from then on stands beside it.
    this.#nextDue = undefined
    const limit = Math.max(this.#reach, wanted + 1 + this.#inTheWay)
    const { destinations, next } = await this.#ask(limit)
    // A store goes by its own clock, by which what is due here may not be yet.
    const early = destinations.length === 0 && next !== undefined && next <= this.#clock.now()
    this.#nextAsk = now + (early ? emptyHandedPause : Math.floor(destinations.length / readPerMs))
    if (next !== undefined) this.expect(next)
    this.#firsts = new Map(destinations.map(({ destination, ...first }) => [destination, { ...first, begun: false }]))
    this.#open = new Set(this.#firsts.keys())
    this.#nextDoubt = Infinity
    this.#parked = new Map()
    this.#resting = new Ranking()
    this.#passedOver = []
    const able = this.candidates().length
    this.#inTheWay = destinations.length - able
    const hidden = able < wanted && destinations.length >= limit
    this.#reach = hidden ? 2 * limit : 0
    if (hidden) this.#outdated = true
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
    const now = this.#clock.monotonic()
    this.#release(now)
    const candidates: Candidate[] = []
    const { active, window } = this.#gate.probing
    const probes: Room = { places: window - active, leases: window - active }
    const hops = new Map<string, Room>()
    for (const destination of this.#open) {
      const candidate = this.#candidate(destination, hops, probes, now)
      if (candidate !== undefined) candidates.push(candidate)
    }
    return candidates
  }

  /** What a destination may have, or `undefined` once it is where it waits for that. */
  #candidate(destination: DestinationKey, hops: Map<string, Room>, probes: Room, now: Millis): Candidate | undefined {
    const { destinations, rates } = this.#gate
    const { hop, probe } = this.#gate.claimFor(destination)
    if (this.#gate.isPassedOver(destination, hop)) {
      this.#open.delete(destination)
      this.#passedOver.push(destination)
      if (hop !== undefined) this.#doubt(destination, now)
      return undefined
    }
    const room = this.#gate.room(destination)
    if (room.leases === 0) {
      const at = rates.opensAt({ destination }, now)
      // All others with no room have something in hand, so they are few.
      if (at <= now) return undefined
      this.#open.delete(destination)
      this.#resting.set(destination, at)
      return undefined
    }
    const bounds: Room[] = probe ? [probes] : []
    if (hop !== undefined) {
      const bound = hops.get(hop) ?? this.#gate.hopRoom(hop)
      hops.set(hop, bound)
      if (bound.leases === 0) {
        this.#park(destination, hop, now)
        return undefined
      }
      bounds.push(bound)
    }
    const first = this.#firsts.get(destination)
    if (first === undefined) return undefined
    const { since, priority } = first
    return { destination, since, priority, taken: destinations.taken(destination), room, bounds }
  }

  #park(destination: DestinationKey, hop: string, now: Millis): void {
    this.#open.delete(destination)
    const line = this.#parked.get(hop)
    if (line === undefined) this.#parked.set(hop, new Set([destination]))
    else line.add(destination)
    this.#expectRoom(hop, now)
    this.#doubt(destination, now)
  }

  #expectRoom(hop: string, now: Millis): void {
    const at = this.#gate.rates.opensAt({ 'next-hop': hop }, now)
    if (at > now) this.#nextRoom = Math.min(this.#nextRoom, at)
  }

  /** Its mail may go elsewhere some day. */
  #doubt(destination: DestinationKey, now: Millis): void {
    const at = Math.max(this.#gate.trustedUntil(destination), now + longestSleep)
    this.#nextDoubt = Math.min(this.#nextDoubt, at)
  }

  /** Brings back those whose wait is over, of each next hop as many as it has room for. */
  #release(now: Millis): void {
    for (let least = this.#resting.least(); least !== undefined && least.rank <= now; least = this.#resting.least()) {
      this.#resting.delete(least.key)
      this.#open.add(least.key)
    }
    this.#nextRoom = Infinity
    for (const [hop, line] of this.#parked) {
      let room = this.#gate.nextHops.isCooling(hop) ? line.size : this.#gate.hopRoom(hop).leases
      for (const destination of line) {
        if (room-- <= 0) break
        line.delete(destination)
        this.#open.add(destination)
      }
      if (line.size === 0) this.#parked.delete(hop)
      else this.#expectRoom(hop, now)
    }
  }

  /** Whether work may be waiting for nothing but a free place. */
  get waiting(): boolean {
    const fits = ({ places }: Room): boolean => places > 0
    return this.#news || this.candidates().some(({ room, bounds }) => fits(room) && bounds.every(fits))
  }

  /** Whether work of this destination is known to wait. */
  has(destination: DestinationKey): boolean {
    return this.#firsts.has(destination)
  }

  /** Takes destinations out that are due, passed over, and first in line. */
  takePassedOver(limit: number): readonly DestinationKey[] {
    return this.#passedOver.splice(0, limit)
  }

  /** Puts a destination behind all others that are passed over. */
  passOver(destination: DestinationKey): void {
    this.#passedOver.push(destination)
  }

  get somePassedOver(): boolean {
    return this.#passedOver.length > 0
  }

  /** When a look may bring something new, in monotonic time; infinite: not by itself. */
  get nextLook(): Millis {
    const now = this.#clock.monotonic()
    if (this.#outdated) return Math.max(now, this.#nextAsk)
    const at = Math.min(this.#gate.nextWarm, this.#nextRoom, this.#nextDoubt, this.#resting.least()?.rank ?? Infinity)
    if (this.#nextDue === undefined) return at
    return Math.min(at, now + Math.min(longestSleep, Math.max(1, this.#nextDue - this.#clock.now())))
  }
}
