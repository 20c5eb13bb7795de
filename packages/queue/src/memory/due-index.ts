import { Ranking } from '../ranking.ts'
import type { DestinationKey, Due, DueDestination, Instant } from '../store/contract.ts'

/** Which work is due when, by destination first. Each question costs what it answers, not what is queued. */
export class DueIndex<M> {
  readonly #lanes = new Map<DestinationKey, Ranking<M>>()
  readonly #heads = new Ranking<DestinationKey>()

  /** Notes when a message's work for a destination is due; `undefined`: never. */
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

  /** The earliest due messages of a destination, at most `limit`. */
  earliest(destination: DestinationKey, now: Instant, limit: number): readonly M[] {
    const found: M[] = []
    const lane = this.#lanes.get(destination)
    if (lane === undefined || limit <= 0) return found
    for (const { key, rank } of lane.ascending()) {
      if (rank > now) break
      found.push(key)
      if (found.length >= limit) break
    }
    return found
  }

  /** Destinations with due work, longest waiting first. */
  due(now: Instant, limit: number): Due {
    const destinations: DueDestination[] = []
    for (const { key, rank } of this.#heads.ascending()) {
      if (rank > now) return { destinations, next: rank }
      if (destinations.length >= limit) return { destinations, next: now }
      destinations.push({ destination: key, since: rank })
    }
    return { destinations, next: undefined }
  }
}
