import { levelOf } from '../lifecycle/line.ts'
import type { DestinationKey, Instant } from '../store/contract.ts'
import type { Bound } from './gate.ts'

/** A destination with due work and how many more leases it may have. */
export interface Candidate {
  readonly destination: DestinationKey
  /** Since when its first work is due, and that work's priority. */
  readonly since: Instant
  readonly priority: number
  /** Leases in hand. */
  readonly taken: number
  readonly room: number
  /** Room that it shares with others. */
  readonly bounds: readonly Bound[]
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
  taken: number
  given: number
}

/**
 * Divides what leases may be taken. A higher priority goes first, and each hour of waiting raises a line by one level, up to the
 * highest there is. Within a level, one lease at a time to whoever then has the fewest in hand, the longest waiting first
 * among equals: so a destination that just came gets its lease before those with a million waiting get their next.
 */
export function allot(candidates: readonly Candidate[], room: number, now: Instant): readonly Share[] {
  const open = candidates.filter(({ room }) => room > 0)
  const highest = open.reduce((most, { priority }) => Math.max(most, priority), -Infinity)
  const lines = open.map((one): Line => ({ ...one, level: Math.min(highest, levelOf(one, now)), given: 0 }))
  const levels = new Map<number, Line[]>()
  for (const line of lines) {
    const beside = levels.get(line.level)
    if (beside === undefined) levels.set(line.level, [line])
    else beside.push(line)
  }
  let left = room
  for (const [, level] of [...levels].sort(([a], [b]) => b - a)) left = divide(level, left)
  return lines
    .filter(({ given }) => given > 0)
    .map(({ destination, given, level }) => ({ destination, limit: given, level }))
}

/** Gives leases to the lines of one level; answers how many are left. */
function divide(lines: Line[], room: number): number {
  const byNeed = (): Line[] => lines.sort((a, b) => a.taken - b.taken || a.since - b.since)
  let left = room
  // Step by step: all lines with the fewest in hand get one before those with one more.
  for (let least = byNeed()[0]?.taken ?? 0; left > 0; least++) {
    let open = false
    for (const line of lines) {
      const more = line.given < line.room && line.bounds.every(({ room }) => room > 0)
      if (more) open = true
      if (left === 0 || line.taken > least) break
      if (!more) continue
      line.given++
      line.taken++
      for (const bound of line.bounds) bound.room--
      left--
    }
    if (!open) break
    byNeed()
  }
  return left
}
