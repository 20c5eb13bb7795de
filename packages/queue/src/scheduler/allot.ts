import type { DestinationKey, Instant } from '../store/contract.ts'

/** A destination with due work and how much more it may take. */
export interface Candidate {
  readonly destination: DestinationKey
  readonly since: Instant
  readonly active: number
  readonly room: number
}

/** So many leases for one destination. */
export interface Share {
  readonly destination: DestinationKey
  readonly limit: number
}

/**
 * Divides free places: one at a time to whoever then has the fewest under way, the longest waiting first among equals.
 * So a destination that just came gets its place before those with a million waiting get their next.
 */
export function allot(candidates: readonly Candidate[], free: number): readonly Share[] {
  const lines = candidates
    .filter(({ room }) => room > 0)
    .map(({ destination, since, active, room }) => ({ destination, since, active, room, given: 0 }))
    .sort((a, b) => a.active - b.active || a.since - b.since)
  let left = free
  // Level by level: all lines at the lowest level get one before the level rises.
  for (let level = lines[0]?.active ?? 0; left > 0; level++) {
    let open = false
    for (const line of lines) {
      const more = line.given < line.room
      if (more) open = true
      if (left === 0 || line.active > level) break
      if (!more) continue
      line.given++
      line.active++
      left--
    }
    if (!open) break
    lines.sort((a, b) => a.active - b.active || a.since - b.since)
  }
  return lines.filter(({ given }) => given > 0).map(({ destination, given }) => ({ destination, limit: given }))
}
