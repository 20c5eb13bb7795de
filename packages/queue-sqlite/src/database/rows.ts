import { crc32 } from 'node:zlib'
import type { EnvelopeParameter, RecordedReply } from '@angarium/queue'
import type { MessageFacts, Work, WorkRecipient } from '@angarium/queue/lifecycle'
import { dueAt, tally } from '@angarium/queue/lifecycle'

/** A message as the database keeps it, without its content. */
export interface MessageRow {
  readonly id: string
  readonly accepted: number
  readonly size: number
  /** Reverse-path, parameters and priority, as JSON; version 1 had no priority. */
  readonly facts: string
  /** Checksum of id, times, size and facts. */
  readonly factsSum: number
  /** Checksum of the content. */
  readonly sum: number
  /** 1 when the content is a file of its own, 0 when it is in the row. */
  readonly filed: 0 | 1
}

/** Work as the database keeps it. */
export interface WorkRow {
  readonly destination: string
  readonly fence: number
  readonly holder: string | null
  readonly until: number | null
  /** When it may be leased; null under a lease that has not run out. */
  readonly due: number | null
  /** Recipients not settled, by what the ledger counts them as. */
  readonly queued: number
  readonly held: number
  /** As JSON. */
  readonly recipients: string
  /** Checksum of message id, destination and recipients. */
  readonly sum: number
  /** The message's, where an index can see it. */
  readonly priority: number
}

/** What is stored is not what was written. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
}

export function messageRow(facts: MessageFacts, sum: number, filed: boolean): MessageRow {
  const { id, acceptedAt, size, priority, reversePath, parameters } = facts
  const text = JSON.stringify([reversePath, parameters, priority])
  return {
    id,
    accepted: acceptedAt,
    size,
    facts: text,
    factsSum: factsSum(id, acceptedAt, size, text),
    sum,
    filed: filed ? 1 : 0,
  }
}

/** @throws Damaged */
export function messageFacts(row: Pick<MessageRow, 'id' | 'accepted' | 'size' | 'facts' | 'factsSum'>): MessageFacts {
  const { id, accepted, size, facts } = row
  if (factsSum(id, accepted, size, facts) !== row.factsSum)
    throw new Damaged('the envelope does not match its checksum')
  const [reversePath, parameters, priority = 0] = JSON.parse(facts) as [
    string,
    readonly (readonly (string | null)[])[],
    number?,
  ]
  return {
    id: id as MessageFacts['id'],
    acceptedAt: accepted,
    size,
    priority,
    reversePath,
    parameters: parameters.map(parameter),
  }
}

export function workRow(id: string, work: Work): WorkRow {
  const { destination, priority, fence, lease } = work
  const recipients = JSON.stringify(work.recipients.map(packed))
  const { queued, held } = tally([work])
  return {
    destination,
    fence,
    holder: lease?.holder ?? null,
    until: lease?.until ?? null,
    due: lease === undefined ? (dueAt(work) ?? null) : null,
    queued,
    held,
    recipients,
    sum: workSum(id, destination, recipients),
    priority,
  }
}

/** @throws Damaged */
export function workOfRow(
  id: string,
  row: Pick<WorkRow, 'destination' | 'fence' | 'holder' | 'until' | 'recipients' | 'sum' | 'priority'>,
): Work {
  const { destination, fence, holder, until, recipients, priority } = row
  if (workSum(id, destination, recipients) !== row.sum) throw new Damaged('the recipients do not match their checksum')
  return {
    destination,
    priority,
    fence,
    lease: until === null ? undefined : { holder: holder ?? '', until },
    recipients: (JSON.parse(recipients) as Packed[]).map(unpacked),
  }
}

function factsSum(id: string, accepted: number, size: number, facts: string): number {
  return crc32(`${id} ${accepted} ${size} ${facts}`)
}

function workSum(id: string, destination: string, recipients: string): number {
  return crc32(`${id} ${destination} ${recipients}`)
}

type Packed = [
  index: number,
  address: string,
  parameters: readonly (readonly (string | null)[])[],
  state: WorkRecipient['state'],
  attempts: number,
  nextAttempt: number,
  warned: 0 | 1,
  abandoned: number,
  wish: 'hold' | 'remove' | null,
  because: string | null,
  lastReply: RecordedReply | null,
  notBefore?: number | null,
]

function packed(recipient: WorkRecipient): Packed {
  const { index, address, parameters, state, attempts, nextAttempt } = recipient
  const { warned, abandoned, wish, because, lastReply, notBefore } = recipient
  return [
    index,
    address,
    parameters as readonly (readonly (string | null)[])[],
    state,
    attempts,
    nextAttempt,
    warned ? 1 : 0,
    abandoned,
    wish ?? null,
    because ?? null,
    lastReply ?? null,
    notBefore ?? null,
  ]
}

function unpacked([
  index,
  address,
  parameters,
  state,
  attempts,
  nextAttempt,
  warned,
  abandoned,
  wish,
  because,
  reply,
  notBefore,
]: Packed): WorkRecipient {
  return {
    index,
    address,
    parameters: parameters.map(parameter),
    state,
    attempts,
    nextAttempt,
    notBefore: notBefore ?? undefined,
    warned: warned === 1,
    abandoned,
    wish: wish ?? undefined,
    because: because ?? undefined,
    lastReply: reply ?? undefined,
  }
}

/** JSON has null where a parameter has no value. */
function parameter([keyword, value]: readonly (string | null)[]): EnvelopeParameter {
  return [keyword ?? '', value ?? undefined]
}
