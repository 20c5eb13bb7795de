import { isSettled } from '../lifecycle/advance.ts'
import { filterPassesRecipient } from '../lifecycle/filter.ts'
import type { CorruptEntry, Entry, EntryRecipient, Filter, Instant, Millis } from './contract.ts'

/** What entries are counted by. */
export type CountBy = 'destination' | 'state' | 'sender' | 'source' | 'age'

/** One line of a count. */
export interface EntryCount {
  /** A destination, a state, a sender, a source (empty when none was told); for `age` one of {@link ageNames}. */
  readonly of: string
  /** With at least one recipient that counts here. */
  readonly messages: number
  /** Not settled. */
  readonly recipients: number
  /** When the oldest of them was accepted. */
  readonly oldest: Instant
}

/** Answer of {@link countEntries}. */
export interface EntryCounts {
  /** The greatest number of recipients first; ages from young to old. */
  readonly counts: readonly EntryCount[]
  /** Entries that cannot be read. */
  readonly corrupt: number
}

/** What {@link countEntries} goes by. */
export interface CountOptions {
  /** Ages are told from here. */
  readonly now: Instant
  /** The one given to `scan`: only recipients that pass it are counted. */
  readonly filter?: Filter
}

const hour: Millis = 3_600_000
const ages: readonly (readonly [name: string, under: Millis])[] = [
  ['5m', hour / 12],
  ['15m', hour / 4],
  ['1h', hour],
  ['4h', 4 * hour],
  ['12h', 12 * hour],
  ['1d', 24 * hour],
  ['2d', 48 * hour],
  ['5d', 120 * hour],
  ['older', Infinity],
]

/** Names of ages: under 5 minutes, under 15 minutes, and so on. */
export const ageNames: readonly string[] = ages.map(([name]) => name)

/**
 * Counts what a queue holds, settled recipients left out, as it comes from `QueueStore.scan`. Keeps one number for each
 * value found, nothing for each entry.
 */
export async function countEntries(
  entries: AsyncIterable<Entry | CorruptEntry> | Iterable<Entry | CorruptEntry>,
  by: CountBy,
  { now, filter = {} }: CountOptions,
): Promise<EntryCounts> {
  const found = new Map<string, { of: string; messages: number; recipients: number; oldest: Instant }>()
  let corrupt = 0
  for await (const entry of entries) {
    if (entry.kind === 'corrupt') corrupt++
    else
      for (const [of, recipients] of shares(entry, by, now, filter)) {
        const count = found.get(of) ?? { of, messages: 0, recipients: 0, oldest: entry.acceptedAt }
        count.messages++
        count.recipients += recipients
        count.oldest = Math.min(count.oldest, entry.acceptedAt)
        found.set(of, count)
      }
  }
  const counts = [...found.values()].sort((a, b) =>
    by === 'age'
      ? ageNames.indexOf(a.of) - ageNames.indexOf(b.of)
      : b.recipients - a.recipients || (a.of < b.of ? -1 : 1),
  )
  return { counts, corrupt }
}

/** Recipients of one message that count, by what they count as. */
function shares(entry: Entry, by: CountBy, now: Instant, filter: Filter): ReadonlyMap<string, number> {
  const shares = new Map<string, number>()
  for (const recipient of entry.recipients) {
    if (isSettled(recipient.state) || !filterPassesRecipient(filter, recipient.destination, recipient)) continue
    const of = countedAs(entry, recipient, by, now)
    shares.set(of, (shares.get(of) ?? 0) + 1)
  }
  return shares
}

function countedAs(entry: Entry, { destination, state }: EntryRecipient, by: CountBy, now: Instant): string {
  switch (by) {
    case 'destination':
      return destination
    case 'state':
      return state
    case 'sender':
      return entry.sender
    case 'source':
      return entry.source ?? ''
    case 'age':
      return ages.find(([, under]) => now - entry.acceptedAt < under)?.[0] ?? 'older'
  }
}
