import { HostError } from '@angarium/host'
import type { Change, CorruptEntry, Entry, EntryCounts, Filter, Progress, QueueStats } from '@angarium/queue'
import { asciiLower } from '@angarium/smtp-wire'
import * as z from 'zod'
import type { Explanation, StationSnapshot } from '../explain.ts'
import type { Finding } from '../store.ts'

/** What messages and recipients can be counted by. */
export const countedBy = ['destination', 'state', 'sender', 'source', 'age'] as const

/** Ids that one filter takes. */
export const idsAtOnce = 1_000

const text = z.string().max(1_000)
const id = z.string().max(100)

const filter: z.ZodType<Filter, Filter> = z.strictObject({
  ids: z.array(id).max(idsAtOnce).readonly().exactOptional(),
  state: z.enum(['queued', 'leased', 'deferred', 'held']).exactOptional(),
  // Domains in destinations are in lower case.
  destination: text.transform(asciiLower).exactOptional(),
  sender: text.exactOptional(),
  source: text.exactOptional(),
  acceptedBefore: z.number().exactOptional(),
  acceptedAfter: z.number().exactOptional(),
  reversePath: text.exactOptional(),
  recipient: text.exactOptional(),
})

/** Told to operators, and in a report to the sender. */
const because = z
  .string()
  .min(1)
  .max(500)
  .regex(/^\P{Cc}*$/u, { error: 'a reason has no control characters' })

const change: z.ZodType<Change, Change> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['hold', 'bounce']), because }),
  z.strictObject({ kind: z.literal('release'), early: z.literal(true).exactOptional() }),
  z.strictObject({ kind: z.enum(['expedite', 'remove']) }),
  z.strictObject({ kind: z.literal('reroute'), destination: text.min(1) }),
])

const inputs = {
  list: z.strictObject({ filter }),
  count: z.strictObject({ filter, by: z.enum(countedBy) }),
  show: z.strictObject({ id }),
  content: z.strictObject({ id }),
  explain: z.strictObject({ id }),
  change: z.strictObject({ filter, change }),
  stats: z.undefined(),
  destinations: z.undefined(),
  check: z.strictObject({ repair: z.boolean() }),
  backup: z.strictObject({ directory: z.string().startsWith('/').max(4_096) }),
}

type Inputs = typeof inputs

/** Names of the procedures, with what each is called with. */
export type QueueCalls = { readonly [K in keyof Inputs]: z.input<Inputs[K]> }

/** The same once it is checked. */
export type CheckedCalls = { readonly [K in keyof Inputs]: z.output<Inputs[K]> }

/** Lines of a count that are told. */
export const countsTold = 1_000

/** A count, cut to what an operator can read. */
export interface QueueCounts extends EntryCounts {
  /** Lines left out. */
  readonly more: number
}

/** What each yields. */
export interface QueueAnswers {
  readonly list: Entry | CorruptEntry
  readonly count: QueueCounts
  readonly show: Entry | CorruptEntry
  /** Octets in base64. */
  readonly content: string
  readonly explain: Explanation
  readonly change: Progress
  readonly stats: QueueStats
  readonly destinations: StationSnapshot
  readonly check: Finding
  /** Where the copy is. */
  readonly backup: string
}

/** @throws HostError HOST_ADMIN_REFUSED for an input that the procedure does not take */
export function checkedCall<K extends keyof QueueCalls>(procedure: K, input: unknown): CheckedCalls[K] {
  const result = inputs[procedure].safeParse(input)
  if (!result.success)
    throw new HostError('HOST_ADMIN_REFUSED', `${procedure}: ${z.prettifyError(result.error)}`, { procedure })
  return result.data as CheckedCalls[K]
}
