import type { Due, DueDestination, Instant, Millis } from '../store/contract.ts'

/** So long a wait counts as much as one level of priority. */
export const levelMs: Millis = 3_600_000

/** A level that all due work is at, or above. */
export const lowestLevel = -9

/** Work that is due, by what decides its place in line. */
export interface InLine {
  readonly since: Instant
  readonly priority: number
}

/**
 * Puts due work in line: a level of priority is worth an hour of waiting, among equals the longer wait goes first. The
 * order of two never changes while they wait, so a store that keeps each priority in order of due times has only to
 * bring the heads of at most 19 lists together. @rfc 6710 5.1
 */
export function inLine<T extends InLine>(due: readonly T[]): readonly T[] {
  return [...due].sort((a, b) => place(a) - place(b) || a.since - b.since)
}

/** The lesser, the earlier. */
function place({ since, priority }: InLine): number {
  return since - priority * levelMs
}

/** Priority, raised by one for each hour of waiting. */
export function levelOf({ since, priority }: InLine, now: Instant): number {
  return priority + Math.floor(Math.max(0, now - since) / levelMs)
}

/** Work of this priority that became due later is not at this level yet. */
export function dueForLevel(level: number, priority: number, now: Instant): Instant {
  return now - Math.max(0, level - priority) * levelMs
}

/**
 * Makes the answer to `QueueStore.due`.
 *
 * @param found - of each priority the first `limit + 1` destinations that are due, or all there are.
 * @param next - when the first of all that is not due yet will be.
 */
export function dueOf(found: readonly DueDestination[], limit: number, now: Instant, next: Instant | undefined): Due {
  const first = new Map<string, DueDestination>()
  for (const one of inLine(found)) if (!first.has(one.destination)) first.set(one.destination, one)
  const destinations = [...first.values()]
  return destinations.length > limit
    ? { destinations: destinations.slice(0, limit), next: now }
    : { destinations, next }
}
