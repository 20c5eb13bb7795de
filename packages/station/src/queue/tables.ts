import type { CountBy, Instant } from '@angarium/queue'
import { visible } from '../command/console.ts'
import type { StationSnapshot } from '../explain.ts'
import type { QueueCounts } from './calls.ts'
import { hindranceText } from './explanation.ts'
import { ago, until } from './view.ts'

/** What `queue count` found. */
export function* countTable({ counts, more, corrupt }: QueueCounts, by: CountBy, now: Instant): Generator<string> {
  if (counts.length > 0)
    yield* table(
      ['messages', 'recipients', 'oldest', by],
      counts.map(({ of, messages, recipients, oldest }) => [
        String(messages),
        String(recipients),
        ago(oldest, now),
        nameOf(of, by),
      ]),
    )
  else yield 'no messages'
  if (more > 0) yield `and ${more} more`
  if (corrupt > 0) yield `corrupt: ${corrupt}; see queue check`
}

function nameOf(of: string, by: CountBy): string {
  if (by === 'age' && of !== 'older') return `under ${of}`
  return of === '' ? (by === 'sender' ? '<>' : 'unknown') : visible(of)
}

/** What is being delivered, and what is not for now. */
export function* destinationsTable(snapshot: StationSnapshot, now: Instant): Generator<string> {
  const { state, active, ahead, settling, destinations, nextHops } = snapshot
  yield `${state}: ${active} deliveries under way, ${ahead} waiting for a place, ${settling} being settled`
  if (destinations.length > 0)
    yield* table(
      ['active', 'at most', 'destination', 'next hop', 'held up'],
      destinations.map(({ active, window, destination, nextHop = '', hindrances }) => [
        String(active),
        String(window),
        visible(destination),
        visible(nextHop),
        hindrances.map((one) => hindranceText(one, now)).join('; '),
      ]),
    )
  if (nextHops.length > 0)
    yield* table(
      ['active', 'at most', 'next hop', 'held up'],
      nextHops.map(({ active, window, nextHop, coolUntil }) => [
        String(active),
        String(window),
        visible(nextHop),
        coolUntil === undefined || coolUntil <= now ? '' : `passed over for ${until(coolUntil, now)}`,
      ]),
    )
}

/** Columns two blanks apart; those that are numbers stand on the right. */
function* table(head: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  const widths = head.map((name, at) => rows.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), name.length))
  for (const row of [head, ...rows])
    yield row
      .map((cell, at) => (isNumber(rows[0]?.[at]) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
}

const isNumber = (text = ''): boolean => /^[0-9]+$/.test(text)
