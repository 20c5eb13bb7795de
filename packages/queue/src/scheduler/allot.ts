import { levelOf } from '../lifecycle/line.ts'
import type { DestinationKey, Instant } from '../store/contract.ts'

/** A destination with due work and how much more it may take. */
export interface Candidate {
  readonly destination: DestinationKey
  /** Since when its first work is due, and that work's priority. */
  readonly since: Instant
  readonly priority: number
  readonly active: number
  readonly room: number
}

/** So many leases for one destination. */
export interface Share {
  readonly destination: DestinationKey
  readonly limit: number
  /** For work at this level or above. */
  readonly level: number
}

interface Line extends Candidate {
  readonly level: number
  active: number
  given: number
}

/**
 * Divides free places. A higher priority goes first, and each hour of waiting raises a line by one level, up to the
 * highest there is. Within a level, one place at a time to whoever then has the fewest under way, the longest waiting
 * first among equals: so a destination that just came gets its place before those with a million waiting get their next.
 */
export function allot(candidates: readonly Candidate[], free: number, now: Instant): readonly Share[] {
  const open = candidates.filter(({ room }) => room > 0)
  const highest = Math.max(...open.map(({ priority }) => priority))
  const lines = open.map((one): Line => ({ ...one, level: Math.min(highest, levelOf(one, now)), given: 0 }))
  const levels = new Map<number, Line[]>()
  for (const line of lines) {
    const beside = levels.get(line.level)
    if (beside === undefined) levels.set(line.level, [line])
    else beside.push(line)
  }
  let left = free
  for (const [, level] of [...levels].sort(([a], [b]) => b - a)) left = divide(level, left)
  return lines
    .filter(({ given }) => given > 0)
    .map(({ destination, given, level }) => ({ destination, limit: given, level }))
}

/** Gives places to the lines of one level; answers how many are left. */
function divide(lines: Line[], places: number): number {
  const byNeed = (): Line[] => lines.sort((a, b) => a.active - b.active || a.since - b.since)
  let left = places
  // Step by step: all lines with the fewest under way get one before those with one more.
  for (let least = byNeed()[0]?.active ?? 0; left > 0; least++) {
    let open = false
    for (const line of lines) {
      const more = line.given < line.room
      if (more) open = true
      if (left === 0 || line.active > least) break
      if (!more) continue
      line.given++
      line.active++
      left--
    }
    if (!open) break
    byNeed()
  }
  return left
}
