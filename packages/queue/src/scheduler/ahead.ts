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
    let best: Waiting | undefined
    let bestRank: readonly number[] = []
    for (const [destination, { leases, turn }] of this.#lines) {
      const one = first(leases)
      if (!one.transit.hasPlace()) continue
      const rank = [-levelAt(one, now), active(destination), destination === warm ? turn - warmthMs : turn]
      if (best === undefined || isLess(rank, bestRank)) [best, bestRank] = [one, rank]
    }
    if (best === undefined) return undefined
    const line = this.#lines.get(best.lease.destination)
    if (line !== undefined) line.turn = now
    this.#drop(best.lease.destination, 1)
    return best
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

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] as number) - (b[at] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}
