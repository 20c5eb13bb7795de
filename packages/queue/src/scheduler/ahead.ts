import { levelMs } from '../lifecycle/line.ts'
import type { DestinationKey, Millis } from '../store/contract.ts'
import type { Waiting } from './deliveries.ts'

/** The leases of one destination, and when one of them last got a place, or the first of them came. */
interface Line {
  readonly leases: Waiting[]
  turn: Millis
}

/** A session that is open goes on for so long, though others of the same level and as little served wait. */
const warmthMs: Millis = 1_000

/** Leases in hand that wait for a place: of each destination in line. */
export class Ahead {
  readonly #lines = new Map<DestinationKey, Line>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The highest level there is; `now` in monotonic time. */
  highest(now: Millis): number {
    let highest = -Infinity
    for (const { leases } of this.#lines.values()) highest = Math.max(highest, levelAt(first(leases), now))
    return highest
  }

  /** The level of the first in line of a destination. */
  levelOf(destination: DestinationKey, now: Millis): number {
    const line = this.#lines.get(destination)
    return line === undefined ? -Infinity : levelAt(first(line.leases), now)
  }

  add(waiting: Waiting, now: Millis): void {
    const { destination } = waiting.lease
    const line = this.#lines.get(destination) ?? { leases: [], turn: now }
    this.#lines.set(destination, line)
    this.#size++
    const { leases } = line
    let at = leases.length
    while (at > 0 && levelAt(leases[at - 1] as Waiting, now) < levelAt(waiting, now)) at--
    leases.splice(at, 0, waiting)
  }

  /**
   * Takes out the one to begin next, if there is a place for one: the highest level first, then whose destination has the
   * fewest under way, then whose turn it is.
   *
   * @param warm - destination with a session that could go on at once.
   */
  next(warm: DestinationKey | undefined, active: (of: DestinationKey) => number, now: Millis): Waiting | undefined {
    let best: Rank | undefined
    for (const [destination, line] of this.#lines) {
      const one = first(line.leases)
      if (!one.transit.hasPlace()) continue
      const turn = destination === warm ? line.turn - warmthMs : line.turn
      const rank = { line, level: levelAt(one, now), active: active(destination), turn }
      if (best === undefined || goesBefore(rank, best)) best = rank
    }
    if (best === undefined) return undefined
    best.line.turn = now
    return this.#drop(first(best.line.leases).lease.destination, 1)[0]
  }

  /** Takes out all that is there, or what `which` picks by the first in line of a destination. */
  takeOut(which: (first: Waiting) => boolean = () => true): readonly Waiting[] {
    const out: Waiting[] = []
    for (const [destination, { leases }] of this.#lines)
      if (which(first(leases))) out.push(...this.#drop(destination, leases.length))
    return out
  }

  #drop(destination: DestinationKey, count: number): readonly Waiting[] {
    const leases = this.#lines.get(destination)?.leases ?? []
    const out = leases.splice(0, count)
    this.#size -= out.length
    if (leases.length === 0) this.#lines.delete(destination)
    return out
  }
}

/** A line is there only with leases in it. */
function first(leases: readonly Waiting[]): Waiting {
  return leases[0] as Waiting
}

/** Those that wait in hand rise as those in the store do. */
function levelAt({ level, since }: Waiting, now: Millis): number {
  return level + Math.floor((now - since) / levelMs)
}

/** What decides whose turn it is. */
interface Rank {
  readonly line: Line
  readonly level: number
  readonly active: number
  readonly turn: Millis
}

function goesBefore(a: Rank, b: Rank): boolean {
  if (a.level !== b.level) return a.level > b.level
  return a.active === b.active ? a.turn < b.turn : a.active < b.active
}
