import type {
  Change,
  CommitOptions,
  CorruptEntry,
  Entry,
  Envelope,
  EnvelopeParameter,
  EnvelopeRecipient,
  Filter,
  Lease,
  LeaseRef,
  LeaseRequest,
  QueueId,
  RecipientSettlement,
  RecordedReply,
  Settlement,
  Spawn,
} from '@angarium/queue'
import { leaseRefOf } from '@angarium/queue/lifecycle'
import { Malformed } from './frames.ts'
import type { OfKind, Shape } from './shape.ts'
import { count, flag, list, number, object, optional, record, text, variant, word, yes } from './shape.ts'

/** JSON has no `undefined`: the value of a parameter without one crosses as `null`. */
const parameter: Shape<EnvelopeParameter> = (pair) => {
  if (!Array.isArray(pair)) throw new Malformed('expected a parameter')
  return [text(pair[0]), pair[1] === null || pair[1] === undefined ? undefined : text(pair[1])]
}

const parameters = list(parameter)

export const envelope: Shape<Envelope> = record<Envelope>({
  reversePath: text,
  parameters,
  recipients: list(record<EnvelopeRecipient>({ address: text, parameters, destination: text })),
})

export const commitOptions: Shape<CommitOptions> = record<CommitOptions>({
  key: optional(text),
  lease: optional(record<NonNullable<CommitOptions['lease']>>({ holder: text, duration: number })),
  notBefore: optional(number),
  priority: optional(number),
  sender: optional(text),
  source: optional(text),
})

export const queueId = text as Shape<QueueId>

export const leaseRef: Shape<LeaseRef> = record<LeaseRef>({ id: queueId, destination: text, fence: number })

export const leaseRequest: Shape<LeaseRequest> = record<LeaseRequest>({
  destination: text,
  holder: text,
  duration: number,
  limit: number,
  level: optional(number),
})

const reply: Shape<RecordedReply> = record<RecordedReply>({
  code: number,
  status: optional(text),
  text: list(text),
  peer: optional(text),
})

type Of<K extends RecipientSettlement['kind']> = OfKind<RecipientSettlement, K>

const done = record<Of<'delivered'>>({ index: count, kind: word('delivered', 'relayed'), reply: optional(reply) })
const given = record<Of<'failed'>>({
  index: count,
  kind: word('failed', 'expired'),
  status: text,
  reply: optional(reply),
  because: text,
})

const outcome: Shape<RecipientSettlement> = variant<RecipientSettlement>({
  delivered: done,
  relayed: done,
  expanded: record<Of<'expanded'>>({ index: count, kind: word('expanded') }),
  failed: given,
  expired: given,
  deferred: record<Of<'deferred'>>({
    index: count,
    kind: word('deferred'),
    delay: number,
    because: text,
    reply: optional(reply),
    warned: optional(flag),
  }),
  returned: record<Of<'returned'>>({ index: count, kind: word('returned'), delay: optional(number) }),
})

/** A settlement as it crosses: of the contents of its reports only the lengths, the octets follow the text. */
type CrossingSettlement = Omit<Settlement, 'spawn'> & { readonly spawn?: readonly CrossingSpawn[] }
type CrossingSpawn = Omit<Spawn, 'content'> & { readonly content: number }

const crossingSettlement: Shape<CrossingSettlement> = record<CrossingSettlement>({
  lease: leaseRef,
  recipients: list(outcome),
  abandoned: optional(yes),
  spawn: optional(
    list(
      record<CrossingSpawn>({
        envelope,
        content: count,
        options: optional(
          record<NonNullable<Spawn['options']>>({ priority: optional(number), sender: optional(text) }),
        ),
      }),
    ),
  ),
})

/** Makes settlements ready to cross; the contents of their reports are added to `octets`. */
export function packSettlements(settlements: readonly Settlement[], octets: Uint8Array[]): unknown {
  return settlements.map(({ lease, recipients, abandoned, spawn = [] }) => ({
    lease: leaseRefOf(lease),
    recipients,
    ...(abandoned && { abandoned }),
    ...(spawn.length > 0 && {
      spawn: spawn.map(({ content, ...rest }) => {
        octets.push(content)
        return { ...rest, content: content.length }
      }),
    }),
  }))
}

/** The settlements that crossed; their contents are copies. */
export function unpackSettlements(value: unknown, octets: Buffer): Settlement[] {
  const cut = cutter(octets)
  return list(crossingSettlement)(value).map(({ spawn, ...rest }) => ({
    ...rest,
    ...(spawn && { spawn: spawn.map((one) => ({ ...one, content: cut(one.content) })) }),
  }))
}

export const filter: Shape<Filter> = record<Filter>({
  ids: optional(list(text)),
  state: optional(word('queued', 'leased', 'deferred', 'held')),
  destination: optional(text),
  sender: optional(text),
  source: optional(text),
  acceptedBefore: optional(number),
  acceptedAfter: optional(number),
  reversePath: optional(text),
  recipient: optional(text),
})

type Wish<K extends Change['kind']> = OfKind<Change, K>

export const change: Shape<Change> = variant<Change>({
  hold: record<Wish<'hold'>>({ kind: word('hold'), because: text }),
  release: record<Wish<'release'>>({ kind: word('release'), early: optional(yes) }),
  expedite: record<Wish<'expedite'>>({ kind: word('expedite') }),
  remove: record<Wish<'remove'>>({ kind: word('remove') }),
  bounce: record<Wish<'bounce'>>({ kind: word('bounce'), because: text }),
  reroute: record<Wish<'reroute'>>({ kind: word('reroute'), destination: text }),
})

/** Makes leases ready to cross; their bodies are added to `octets`, and stand as lengths. */
export function packLeases(leases: readonly Lease[], octets: Uint8Array[]): unknown {
  return leases.map((lease) => {
    if (lease.body === undefined) return lease
    octets.push(lease.body)
    return { ...lease, body: lease.body.length }
  })
}

/** The leases that crossed; their bodies are copies. */
export function unpackLeases(value: unknown, octets: Buffer): Lease[] {
  const cut = cutter(octets)
  return list(restored<Omit<Lease, 'body'> & { readonly body?: number }>)(value).map(({ body, ...lease }) => ({
    ...lease,
    ...(body !== undefined && { body: cut(count(body)) }),
  }))
}

/** Messages of a scan that crossed. */
export const entries: Shape<(Entry | CorruptEntry)[]> = list((value) => {
  const entry = object(value) as unknown as Entry | CorruptEntry
  return entry.kind === 'corrupt' ? entry : restored<Entry>(entry)
})

/** An owner's lease or entry: all its fields, its parameters and those of its recipients made good. */
function restored<T extends Pick<Lease | Entry, 'parameters' | 'recipients'>>(value: unknown): T {
  const { parameters: given, recipients, ...rest } = object(value)
  return { ...rest, parameters: parameters(given), recipients: list(recipient)(recipients) } as unknown as T
}

function recipient(value: unknown): object {
  const { parameters: given, ...rest } = object(value)
  return { ...rest, parameters: parameters(given) }
}

/** Cuts pieces off in order, each a copy. @throws Malformed when there is less than was said. */
export function cutter(octets: Buffer): (length: number) => Uint8Array<ArrayBuffer> {
  let at = 0
  return (length) => {
    if (length > octets.length - at) throw new Malformed('octets are missing after a text')
    const piece = new Uint8Array(length)
    piece.set(octets.subarray(at, at + length))
    at += length
    return piece
  }
}
