import { crc32 } from 'node:zlib'
import type { EnvelopeParameter, RecordedReply } from '@angarium/queue'
import type { MessageFacts, Work, WorkRecipient } from '@angarium/queue/lifecycle'
import { dueAt, senderOf, tally } from '@angarium/queue/lifecycle'

/**
 * A message as the database keeps it, without its content: values in the order of {@link messageColumns}, which crosses
 * threads at half the cost of an object and goes into statements as it is.
 */
export type MessageRow = readonly [
  id: string,
  accepted: number,
  size: number,
  /** Reverse-path, parameters, priority, sender and source, as JSON; the last two since version 3, priority since 2. */
  facts: string,
  /** Checksum of id, times, size and facts. */
  factsSum: number,
  /** Checksum of the content. */
  sum: number,
  /** 1 when the content is a file of its own, 0 when it is in the row. */
  filed: number,
]

export const messageColumns = 'id, accepted, size, facts, facts_sum, sum, filed'

/** Work as the database keeps it: values in the order of {@link workColumns}. */
export type WorkRow = readonly [
  message: string,
  destination: string,
  priority: number,
  sender: string,
  /** The work's place; null when it stands by time. */
  turn: number | null,
  fence: number,
  holder: string | null,
  since: number | null,
  until: number | null,
  /** When it may be leased; null under a lease that has not run out. */
  due: number | null,
  /** Recipients not settled, by what the ledger counts them as. */
  queued: number,
  held: number,
  /** As JSON. */
  recipients: string,
  /** Checksum of message, destination, priority, sender and recipients. */
  sum: number,
]

export const workColumns =
  'message, destination, priority, sender, turn, fence, holder, since, until, due, queued, held, recipients, sum'

/** What is stored is not what was written. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
}

export function messageRow(facts: MessageFacts, sum: number, filed: boolean): MessageRow {
  const { id, acceptedAt, size, priority, sender, source, reversePath, parameters } = facts
  const text = JSON.stringify(
    source === undefined
      ? [reversePath, parameters, priority, sender]
      : [reversePath, parameters, priority, sender, source],
  )
  return [id, acceptedAt, size, text, factsSum(id, acceptedAt, size, text), sum, filed ? 1 : 0]
}

/** @throws Damaged */
export function messageFacts([id, accepted, size, facts, sum]: MessageRow): MessageFacts {
  if (factsSum(id, accepted, size, facts) !== sum) throw new Damaged('the envelope does not match its checksum')
  const [reversePath, parameters, priority = 0, sender = senderOf({ reversePath }, {}), source] = JSON.parse(facts) as [
    string,
    readonly (readonly (string | null)[])[],
    number?,
    string?,
    string?,
  ]
  return {
    id: id as MessageFacts['id'],
    acceptedAt: accepted,
    size,
    priority,
    sender,
    ...(source === undefined ? {} : { source }),
    reversePath,
    parameters: parameters.map(parameter),
  }
}

export function workRow(id: string, work: Work): WorkRow {
  const { destination, priority, sender, place, fence, lease } = work
  const recipients = JSON.stringify(work.recipients.map(packed))
  const { queued, held } = tally([work])
  return [
    id,
    destination,
    priority,
    sender,
    place ?? null,
    fence,
    lease?.holder ?? null,
    lease?.since ?? null,
    lease?.until ?? null,
    lease === undefined ? (dueAt(work) ?? null) : null,
    queued,
    held,
    recipients,
    workSum(id, destination, priority, sender, recipients),
  ]
}

/** A row of fresh work, given its place in line. */
export function placed(row: WorkRow, place: number): WorkRow {
  return row.with(4, place) as unknown as WorkRow
}

/** @throws Damaged */
export function workOfRow(row: WorkRow): Work {
  const [id, destination, priority, sender, turn, fence, holder, since, until, , , , recipients, sum] = row
  if (workSum(id, destination, priority, sender, recipients) !== sum)
    throw new Damaged('the recipients do not match their checksum')
  return {
    destination,
    priority,
    sender,
    place: turn ?? undefined,
    fence,
    lease: until === null ? undefined : { holder: holder ?? '', since: since ?? until, until },
    recipients: (JSON.parse(recipients) as Packed[]).map(unpacked),
  }
}

export function workSum(id: string, destination: string, priority: number, sender: string, recipients: string): number {
  return crc32(`${id} ${destination} ${priority} ${sender} ${recipients}`)
}

function factsSum(id: string, accepted: number, size: number, facts: string): number {
  return crc32(`${id} ${accepted} ${size} ${facts}`)
}

/** What is not said at the end is null. */
type Packed = [
  index: number,
  address: string,
  parameters: readonly (readonly (string | null)[])[],
  state: WorkRecipient['state'],
  attempts: number,
  nextAttempt: number,
  warned: 0 | 1,
  abandoned: number,
  wish?: WorkRecipient['wish'] | null,
  because?: string | null,
  lastReply?: RecordedReply | null,
  notBefore?: number | null,
  lastAttempt?: number | null,
  bounce?: string | null,
]

function packed(recipient: WorkRecipient): Packed {
  const { index, address, state, attempts, nextAttempt, warned, abandoned } = recipient
  const parameters = recipient.parameters as Packed[2]
  const { wish, because, lastReply, notBefore, lastAttempt, bounce } = recipient
  const all: Packed = [index, address, parameters, state, attempts, nextAttempt, warned ? 1 : 0, abandoned]
  const rest = [wish, because, lastReply, notBefore, lastAttempt, bounce]
  const last = rest.findLastIndex((value) => value !== undefined)
  for (let at = 0; at <= last; at++) (all as unknown[]).push(rest[at] ?? null)
  return all
}

function unpacked(all: Packed): WorkRecipient {
  const [index, address, parameters, state, attempts, nextAttempt, warned, abandoned] = all
  const [, , , , , , , , wish, because, lastReply, notBefore, lastAttempt, bounce] = all
  return {
    index,
    address,
    parameters: parameters.map(parameter),
    // Until version 2 nothing told what was attempted before from what was not.
    state: state === 'queued' && attempts > 0 && bounce == null ? 'deferred' : state,
    attempts,
    lastAttempt: lastAttempt ?? undefined,
    nextAttempt,
    notBefore: notBefore ?? undefined,
    warned: warned === 1,
    abandoned,
    wish: wish ?? undefined,
    bounce: bounce ?? undefined,
    because: because ?? undefined,
    lastReply: lastReply ?? undefined,
  }
}

/** JSON has null where a parameter has no value. */
function parameter([keyword, value]: readonly (string | null)[]): EnvelopeParameter {
  return [keyword ?? '', value ?? undefined]
}
