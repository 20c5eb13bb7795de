import type { CountBy, DestinationSnapshot, EntryCounts, Instant, SchedulerSnapshot } from '@angarium/queue'
import { visible } from '../command/console.ts'
import { ago, until } from './view.ts'

/** What `queue count` found. */
export function* countTable({ counts, corrupt }: EntryCounts, by: CountBy, now: Instant): Generator<string> {
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
  if (corrupt > 0) yield `corrupt: ${corrupt}; see queue check`
}

function nameOf(of: string, by: CountBy): string {
  if (by === 'age' && of !== 'older') return `under ${of}`
  return of === '' ? (by === 'sender' ? '<>' : 'unknown') : visible(of)
}

/** What is being delivered, and what is not for now. */
export function* destinationsTable(snapshot: SchedulerSnapshot, now: Instant): Generator<string> {
  const { state, active, ahead, settling, destinations, nextHops } = snapshot
  yield `${state}: ${active} deliveries under way, ${ahead} waiting for a place, ${settling} being settled`
  const row = (
    name: string,
    { active, window, coolUntil }: Pick<DestinationSnapshot, 'active' | 'window' | 'coolUntil'>,
  ) => [
    String(active),
    String(window),
    coolUntil === undefined || coolUntil <= now ? '' : `for ${until(coolUntil, now)}`,
    visible(name),
  ]
  if (destinations.length > 0)
    yield* table(
      ['active', 'at most', 'passed over', 'destination', 'next hop'],
      destinations.map((one) => [...row(one.destination, one), visible(one.nextHop ?? '')]),
    )
  if (nextHops.length > 0)
    yield* table(
      ['active', 'at most', 'passed over', 'next hop'],
      nextHops.map((one) => row(one.nextHop, one)),
    )
}

/** Columns two blanks apart; those that are numbers stand on the right. */
function* table(head: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)))
  for (const row of [head, ...rows])
    yield row
      .map((cell, at) => (isNumber(rows[0]?.[at]) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
}

const isNumber = (text = ''): boolean => /^[0-9]+$/.test(text)
