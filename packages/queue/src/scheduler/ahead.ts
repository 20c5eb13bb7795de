import { levelMs } from '../lifecycle/line.ts'
import type { DestinationKey, Millis } from '../store/contract.ts'
import type { Waiting } from './deliveries.ts'

/** A session that is open is worth so long a wait of others, and no more. */
const warmthMs: Millis = 1_000

/** Leases in hand that wait for a place: of each destination in line. */
export class Ahead {
  readonly #lines = new Map<DestinationKey, Waiting[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The highest level there is; `now` in monotonic time. */
  highest(now: Millis): number {
    let highest = -Infinity
    for (const [first] of this.#lines.values())
      if (first !== undefined) highest = Math.max(highest, levelAt(first, now))
    return highest
  }

  add(waiting: Waiting, now: Millis): void {
    this.#size++
    const line = this.#lines.get(waiting.lease.destination)
    if (line === undefined) {
      this.#lines.set(waiting.lease.destination, [waiting])
      return
    }
    let at = line.length
    while (at > 0 && levelAt(line[at - 1] as Waiting, now) < levelAt(waiting, now)) at--
    line.splice(at, 0, waiting)
  }

  /**
   * Takes out the one to begin next, if there is a place for one: first by level, then to the least served, then by the
   * time it waits.
   *
   * @param warm - has a session that could go on at once.
   */
  next(warm: DestinationKey | undefined, active: (of: DestinationKey) => number, now: Millis): Waiting | undefined {
    let best: Waiting | undefined
    let bestRank: readonly [number, number, number] = [0, 0, 0]
    for (const [destination, [first]] of this.#lines) {
      if (first === undefined || !first.transit.hasPlace()) continue
      const waited = first.since - (destination === warm ? warmthMs : 0)
      const rank = [-levelAt(first, now), active(destination), waited] as const
      if (best === undefined || isLess(rank, bestRank)) [best, bestRank] = [first, rank]
    }
    if (best !== undefined) this.#drop(best.lease.destination, 1)
    return best
  }

  /** Takes out all that is there, or what `which` picks by the first in line of a destination. */
  takeOut(which: (first: Waiting) => boolean = () => true): readonly Waiting[] {
    const out: Waiting[] = []
    for (const [destination, line] of this.#lines) {
      const [first] = line
      if (first !== undefined && which(first)) out.push(...this.#drop(destination, line.length))
    }
    return out
  }

  #drop(destination: DestinationKey, count: number): readonly Waiting[] {
    const line = this.#lines.get(destination) ?? []
    const out = line.splice(0, count)
    this.#size -= out.length
    if (line.length === 0) this.#lines.delete(destination)
    return out
  }
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let at = 0; at < a.length; at++) {
    const difference = (a[at] as number) - (b[at] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Those that wait in hand rise as those in the store do. */
function levelAt({ level, since }: Waiting, now: Millis): number {
  return level + Math.floor((now - since) / levelMs)
}
