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
 * Brings lists of due work together into one line: a level of priority is worth an hour of waiting, among equals the
 * longer wait goes first. Only the heads are compared: within a list its own order stands, which is by due time or, for
 * fresh work, by turns. So a store has to look no further into its at most 38 lists than it takes from them. @rfc 6710 5.1
 */
export function inLine<T extends InLine>(lists: readonly (readonly T[])[], limit: number): readonly T[] {
  const line: T[] = []
  const taken = lists.map(() => 0)
  while (line.length < limit) {
    let first: T | undefined
    let from = 0
    for (const [at, list] of lists.entries()) {
      const head = list[taken[at] ?? 0]
      if (head === undefined || (first !== undefined && compare(first, head) <= 0)) continue
      first = head
      from = at
    }
    if (first === undefined) break
    line.push(first)
    taken[from] = (taken[from] ?? 0) + 1
  }
  return line
}

function compare(a: InLine, b: InLine): number {
  return standing(a) - standing(b) || a.since - b.since
}

/** The lesser, the earlier. */
function standing({ since, priority }: InLine): number {
  return since - priority * levelMs
}

/** Priority, raised by one for each hour of waiting. */
export function levelOf({ since, priority }: InLine, now: Instant): number {
  return priority + Math.floor(Math.max(0, now - since) / levelMs)
}

/**
 * Work of this priority that became due later is not at this level yet. A list by turns ends at the first that is not:
 * nobody takes another's turn.
 */
export function dueForLevel(level: number, priority: number, now: Instant): Instant {
  return now - Math.max(0, level - priority) * levelMs
}

/**
 * Makes the answer to `QueueStore.due`.
 *
 * @param found - of each priority, and of the work that stands by turns and by due time apart, the first `limit + 1`
 * destinations whose head is due, or all there are.
 * @param next - when the first of all that is not due yet will be.
 */
export function dueOf(found: readonly DueDestination[], limit: number, now: Instant, next: Instant | undefined): Due {
  const first = new Map<string, DueDestination>()
  for (const one of [...found].sort(compare)) if (!first.has(one.destination)) first.set(one.destination, one)
  const destinations = [...first.values()]
  return destinations.length > limit
    ? { destinations: destinations.slice(0, limit), next: now }
    : { destinations, next }
}
