import { decodeMessage } from '../message/decode.ts'
import { encodeMessage, type MessageParts, type WireRecord } from '../message/encode.ts'
import { classIn, headerOctets, type Message, rcodes } from '../message/message.ts'
import { type RecordType, recordTypes } from '../record/record.ts'
import { writeRecord } from '../record/write.ts'
import { type Finding, parentOf } from './find.ts'
import type { Zone } from './zone.ts'

const typeNames = new Map(Object.entries(recordTypes).map(([name, number]) => [number, name as RecordType]))

/** What a server does with a query. */
export interface Response {
  /** Undefined: keep silent. */
  readonly octets: Uint8Array | undefined
  readonly delay: number
  /** What was asked, if it could be read. */
  readonly question: { readonly name: string; readonly type: RecordType | undefined } | undefined
}

/**
 * Answers a query as a recursive server would that knows this zone only: with the aliases, AD when it is authentic and
 * the query can take it, the zone's start when the answer is no, and the failures that entries ask for.
 */
export function respond(zone: Zone, query: Uint8Array, protocol: 'udp' | 'tcp'): Response {
  const decoded = decodeMessage(query)
  if (decoded.kind === 'fault' || decoded.message.flags.response) return silent
  const { message } = decoded
  const [question] = message.questions
  if (question === undefined || message.questions.length > 1) return reply(message, query, { rcode: rcodes.formErr })
  if (message.opcode !== 0 || question.class !== classIn) return reply(message, query, { rcode: rcodes.notImp })
  const type = typeNames.get(question.type)
  // A type that a zone cannot hold: the name's other records decide between "no such record" and "no such name".
  const finding = zone.find(question.name, type ?? 'SRV')
  const asked = { name: question.name, type }
  const { outcome } = finding
  const { octets } =
    outcome.kind === 'failed' && outcome.reason !== 'loop'
      ? fail(message, query, outcome.reason)
      : reply(message, query, answerParts(message, finding))
  const room = protocol === 'tcp' ? 0xffff : Math.min(Math.max(message.edns?.udpOctets ?? 512, 512), 4096)
  const cut = octets !== undefined && (octets.length > room || (protocol === 'udp' && finding.truncate))
  const sent = cut ? reply(message, query, { flags: { truncated: true } }).octets : octets
  return { octets: sent, delay: finding.delay, question: asked }
}

const silent: Response = { octets: undefined, delay: 0, question: undefined }

function answerParts(message: Message, finding: Finding<unknown>): Partial<MessageParts> {
  const { aliases, outcome, owner, authentic } = finding
  const answers: WireRecord[] = aliases.map((alias) => ({
    owner: alias.owner,
    type: recordTypes.CNAME,
    ttl: alias.ttl,
    data: alias.wire,
  }))
  const type = message.questions[0]?.type ?? 0
  if (outcome.kind === 'found')
    for (const { wire } of outcome.records) answers.push({ owner, type, ttl: outcome.ttl, data: wire })
  const no = outcome.kind === 'nodata' || outcome.kind === 'nxdomain'
  return {
    rcode: outcome.kind === 'nxdomain' ? rcodes.nxDomain : rcodes.noError,
    flags: { authentic: authentic && (message.flags.authentic || message.edns?.dnssec === true) },
    answers,
    authorities: no ? [zoneStart(owner, outcome.ttl)] : [],
  }
}

/** The zone's start as negative answers carry it; made up, since only its times matter. @rfc 2308 3 */
function zoneStart(owner: string, ttl: number): WireRecord {
  const times = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: ttl }
  const data = writeRecord('SOA', { mname: '.', rname: '.', ...times })
  return { owner: parentOf(owner), type: recordTypes.SOA, ttl, data: data ?? new Uint8Array() }
}

const dnssecBogus = 6

function fail(message: Message, query: Uint8Array, reason: string): { octets: Uint8Array | undefined } {
  switch (reason) {
    case 'timeout':
      return { octets: undefined }
    case 'malformed': {
      // A record is announced that does not come.
      const octets = reply(message, query, {}).octets
      octets?.set([0, 1], 6)
      return { octets }
    }
    case 'refused':
      return reply(message, query, { rcode: rcodes.refused })
    default: {
      const bogus = reason === 'bogus' && message.edns !== undefined
      return reply(message, query, { rcode: rcodes.servFail, ...(bogus && { edns: { errors: [dnssecBogus] } }) })
    }
  }
}

function reply(message: Message, query: Uint8Array, parts: Partial<MessageParts>): Response {
  const { recursionDesired, checkingDisabled } = message.flags
  const octets = encodeMessage({
    id: message.id,
    questions: message.questions.slice(0, 1),
    ...(message.edns && { edns: {} }),
    ...parts,
    flags: { response: true, recursionAvailable: true, recursionDesired, checkingDisabled, ...parts.flags },
  })
  // The question goes back in the case it came in.
  const end = message.questions.length === 0 ? headerOctets : questionEnd(query)
  octets?.set(query.subarray(headerOctets, end), headerOctets)
  return { octets, delay: 0, question: undefined }
}

function questionEnd(query: Uint8Array): number {
  let at = headerOctets
  while ((query[at] ?? 0) !== 0) at += 1 + (query[at] ?? 0)
  return at + 5
}
