import { dueForLevel, dueOf, inLine } from '../lifecycle/line.ts'
import { Ranking } from '../ranking.ts'
import type { DestinationKey, Due, DueDestination, Instant } from '../store/contract.ts'

/** Which work is due when, by priority and destination. Each question costs what it answers, not what is queued. */
export class DueIndex<M> {
  readonly #priorities = new Map<number, Lanes<M>>()

  /** Notes when a message's work for a destination is due; `undefined`: never. */
  set(destination: DestinationKey, priority: number, message: M, due: Instant | undefined): void {
    const lanes = this.#priorities.get(priority) ?? new Lanes<M>()
    lanes.set(destination, message, due)
    if (lanes.size > 0) this.#priorities.set(priority, lanes)
    else this.#priorities.delete(priority)
  }

  /** The due messages of a destination that are first in line and at `level` or above, at most `limit`. */
  first(destination: DestinationKey, level: number, now: Instant, limit: number): readonly M[] {
    const found = [...this.#priorities].flatMap(([priority, lanes]) =>
      lanes.earliest(destination, dueForLevel(level, priority, now), limit).map((one) => ({ ...one, priority })),
    )
    return inLine(found)
      .slice(0, limit)
      .map(({ message }) => message)
  }

  /** Destinations with due work, in line. */
  due(now: Instant, limit: number): Due {
    const found: DueDestination[] = []
    let next: Instant | undefined
    for (const [priority, lanes] of this.#priorities) {
      const { destinations, later } = lanes.due(now, limit + 1)
      for (const one of destinations) found.push({ ...one, priority })
      if (later !== undefined) next = Math.min(next ?? later, later)
    }
    return dueOf(found, limit, now, next)
  }
}

/** The work of one priority. */
class Lanes<M> {
  readonly #lanes = new Map<DestinationKey, Ranking<M>>()
  readonly #heads = new Ranking<DestinationKey>()

  /** Destinations with work. */
  get size(): number {
    return this.#heads.size
  }

  set(destination: DestinationKey, message: M, due: Instant | undefined): void {
    const lane = this.#lanes.get(destination) ?? new Ranking<M>()
    if (due === undefined) lane.delete(message)
    else lane.set(message, due)
    const first = lane.least()
    if (first === undefined) {
      this.#lanes.delete(destination)
      this.#heads.delete(destination)
    } else {
      this.#lanes.set(destination, lane)
      this.#heads.set(destination, first.rank)
    }
  }

  earliest(
    destination: DestinationKey,
    until: Instant,
    limit: number,
  ): readonly { readonly message: M; readonly since: Instant }[] {
    const found: { readonly message: M; readonly since: Instant }[] = []
    for (const { key, rank } of this.#lanes.get(destination)?.ascending() ?? []) {
      if (rank > until || found.length >= limit) break
      found.push({ message: key, since: rank })
    }
    return found
  }

  /** Due destinations, longest waiting first, and when the first of those that are not due will be. */
  due(
    now: Instant,
    limit: number,
  ): {
    readonly destinations: readonly Omit<DueDestination, 'priority'>[]
    readonly later: Instant | undefined
  } {
    const destinations: Omit<DueDestination, 'priority'>[] = []
    for (const { key, rank } of this.#heads.ascending()) {
      if (rank > now) return { destinations, later: rank }
      if (destinations.length >= limit) break
      destinations.push({ destination: key, since: rank })
    }
    return { destinations, later: undefined }
  }
}
