import { dueForLevel, dueOf, inLine } from '../lifecycle/line.ts'
import type { TurnKey } from '../lifecycle/turns.ts'
import type { Work } from '../lifecycle/work.ts'
import { dueAt } from '../lifecycle/work.ts'
import { Ranking } from '../ranking.ts'
import type { DestinationKey, Due, DueDestination, Instant } from '../store/contract.ts'
import { Line } from './line.ts'

/** What the index has to know of a message. */
interface Indexed {
  /** That of the ids. */
  readonly order: number
  readonly works: ReadonlyMap<DestinationKey, Work>
}

/** One in line and when it became due. */
interface Waiting<M> {
  readonly message: M
  readonly since: Instant
}

/**
 * Which work is due when, by priority and destination, fresh work by turns. Each question costs what it answers, not
 * what is queued.
 */
export class DueIndex<M extends Indexed> {
  readonly #byTurn = new Map<number, Lanes<M>>()
  readonly #byTime = new Map<number, Lanes<M>>()

  /** Notes how a message's work stands, which is that of `message.works` by now. */
  set(message: M, work: Work): void {
    const due = dueAt(work)
    const turn = work.lease === undefined ? work.place : undefined
    this.#set(this.#byTurn, message, work, turn)
    this.#set(this.#byTime, message, work, turn === undefined ? due : undefined)
  }

  /** The due messages of a destination that are first in line and at `level` or above, at most `limit`. */
  first(destination: DestinationKey, level: number, now: Instant, limit: number): readonly M[] {
    const lists = [...this.#lanes()].map(([priority, lanes]) =>
      lanes
        .first(destination, dueForLevel(level, priority, now), limit)
        .map(({ message, since }) => ({ message, since, priority })),
    )
    return inLine(lists, limit).map(({ message }) => message)
  }

  /** The least place there is. */
  leastPlace({ destination, priority }: TurnKey): number | undefined {
    const first = this.#byTurn.get(priority)?.head(destination)
    return first?.works.get(destination)?.place
  }

  /** Destinations with due work, in line. */
  due(now: Instant, limit: number): Due {
    const found: DueDestination[] = []
    let next: Instant | undefined
    for (const [priority, lanes] of this.#lanes()) {
      const { destinations, later } = lanes.due(now, limit + 1)
      for (const one of destinations) found.push({ ...one, priority })
      if (later !== undefined) next = Math.min(next ?? later, later)
    }
    return dueOf(found, limit, now, next)
  }

  *#lanes(): Generator<[number, Lanes<M>]> {
    yield* this.#byTurn
    yield* this.#byTime
  }

  #set(all: Map<number, Lanes<M>>, message: M, { destination, priority }: Work, rank: number | undefined): void {
    const lanes = all.get(priority) ?? new Lanes<M>()
    lanes.set(destination, message, rank)
    if (lanes.size > 0) all.set(priority, lanes)
    else all.delete(priority)
  }
}

/** The work of one priority, either by turns or by time. */
class Lanes<M extends Indexed> {
  readonly #lanes = new Map<DestinationKey, Line<M>>()
  /** By when the head of each became due. */
  readonly #heads = new Ranking<DestinationKey>()

  /** Destinations with work. */
  get size(): number {
    return this.#heads.size
  }

  set(destination: DestinationKey, message: M, rank: number | undefined): void {
    const lane = this.#lanes.get(destination) ?? new Line<M>()
    lane.set(message, rank)
    const head = lane.first()
    if (head === undefined) {
      this.#lanes.delete(destination)
      this.#heads.delete(destination)
    } else {
      this.#lanes.set(destination, lane)
      this.#heads.set(destination, sinceOf(head, destination))
    }
  }

  head(destination: DestinationKey): M | undefined {
    return this.#lanes.get(destination)?.first()
  }

  first(destination: DestinationKey, until: Instant, limit: number): readonly Waiting<M>[] {
    const found: Waiting<M>[] = []
    for (const message of this.#lanes.get(destination) ?? []) {
      const since = sinceOf(message, destination)
      if (since > until || found.length >= limit) break
      found.push({ message, since })
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

function sinceOf(message: Indexed, destination: DestinationKey): Instant {
  const work = message.works.get(destination)
  return (work && dueAt(work)) ?? 0
}
