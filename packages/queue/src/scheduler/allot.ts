import { levelOf } from '../lifecycle/line.ts'
import type { DestinationKey, Instant } from '../store/contract.ts'
import type { Room } from './ways.ts'

/** A destination with due work and how many more leases it may have. */
export interface Candidate {
  readonly destination: DestinationKey
  /** Since when its first work is due, and that work's priority. */
  readonly since: Instant
  readonly priority: number
  /** Leases in hand. */
  readonly taken: number
  readonly room: Room
  /** Room that it shares with others. */
  readonly bounds: readonly Room[]
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
  /** Its own and what it shares, as they are left. */
  readonly rooms: readonly { places: number; leases: number }[]
  taken: number
  given: number
}

/**
 * Divides what leases may be taken. A higher priority goes first, and each hour of waiting raises a line by one level, up
 * to the highest there is. Within a level, one lease at a time to whoever then has the fewest in hand, the longest waiting
 * first among equals: so a destination that just came gets its lease before those with a million waiting get their next.
 *
 * @param places - leases that can begin at once.
 * @param ahead - leases that cannot.
 */
export function allot(
  candidates: readonly Candidate[],
  { places, ahead }: { readonly places: number; readonly ahead: number },
  now: Instant,
): readonly Share[] {
  const highest = candidates.reduce((most, { priority }) => Math.max(most, priority), -Infinity)
  const left = { places, ahead }
  const copies = new Map<Room, { places: number; leases: number }>()
  const copied = (room: Room): { places: number; leases: number } => {
    const copy = copies.get(room) ?? { ...room }
    copies.set(room, copy)
    return copy
  }
  const levels = new Map<number, Line[]>()
  for (const one of candidates) {
    const level = Math.min(highest, levelOf(one, now))
    const line = { ...one, level, rooms: [{ ...one.room }, ...one.bounds.map(copied)], given: 0 }
    const beside = levels.get(level)
    if (beside === undefined) levels.set(level, [line])
    else beside.push(line)
  }
  for (const [, level] of [...levels].sort(([a], [b]) => b - a)) divide(level, left)
  return [...levels.values()]
    .flat()
    .filter(({ given }) => given > 0)
    .map(({ destination, given, level }) => ({ destination, limit: given, level }))
}

/** Gives leases to the lines of one level. */
function divide(level: Line[], left: { places: number; ahead: number }): void {
  let lines = level
  for (let least = 0; lines.length > 0 && left.places + left.ahead > 0; least++) {
    lines.sort((a, b) => a.taken - b.taken || a.since - b.since)
    least = Math.max(least, lines[0]?.taken ?? 0)
    const full = new Set<Line>()
    // Step by step: all lines with the fewest in hand get one before those with one more.
    for (const line of lines) {
      if (line.taken > least) break
      if (!give(line, left)) full.add(line)
    }
    if (full.size > 0) lines = lines.filter((line) => !full.has(line))
  }
}

/** Gives one lease, if there is room for it. */
function give(line: Line, left: { places: number; ahead: number }): boolean {
  if (line.rooms.some(({ leases }) => leases <= 0)) return false
  const begins = left.places > 0 && line.rooms.every(({ places }) => places > 0)
  if (!begins && left.ahead <= 0) return false
  for (const room of line.rooms) {
    room.leases--
    if (begins) room.places--
  }
  if (begins) left.places--
  else left.ahead--
  line.given++
  line.taken++
  return true
}
