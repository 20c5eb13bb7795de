import type { Millis, Seconds } from '../clock.ts'
import {
  classIn,
  headerOctets,
  type Message,
  type MessageCodec,
  type MessageRecord,
  noFlags,
  rcodes,
} from '../message/message.ts'
import { questionEnd, udpOctets } from '../message/query.ts'
import { parentOf } from '../name/name.ts'
import { type RecordType, typeName } from '../record/record.ts'
import type { FailureReason } from '../resolver/contract.ts'
import type { Finding } from './find.ts'
import type { Zone } from './zone.ts'

/** What a server does with a query. */
export interface Response {
  /** Undefined: keep silent. */
  readonly octets: Uint8Array | undefined
  readonly delay: Millis
  /** What was asked, if it could be read; `type` is undefined for types a zone cannot hold. */
  readonly question: { readonly name: string; readonly type: RecordType | undefined } | undefined
}

/**
 * Answers a query as a recursive server would that knows this zone only: with the aliases, AD when it is authentic and
 * the query can take it, the zone's start when the answer is no, and the failures that entries ask for. What the codec
 * cannot write is "not implemented".
 */
export function respond(codec: MessageCodec, zone: Zone, octets: Uint8Array, protocol: 'udp' | 'tcp'): Response {
  const query = codec.decode(octets)
  if (query === undefined || query.flags.response) return { octets: undefined, delay: 0, question: undefined }
  const base = replyTo(query)
  const write = (parts: Partial<Message>): Uint8Array | undefined => {
    const reply = codec.encode({ ...base, ...parts })
    if (reply === undefined) return codec.encode({ ...base, questions: [], rcode: rcodes.notImp })
    // The question goes back in the case it came in.
    const end = questionEnd(octets)
    if (base.questions.length > 0 && questionEnd(reply) === end)
      reply.set(octets.subarray(headerOctets, end), headerOctets)
    return reply
  }
  const [question] = query.questions
  if (query.opcode !== 0 || question?.class !== classIn || query.questions.length > 1)
    return { octets: write({ rcode: rcodes.notImp }), delay: 0, question: undefined }

  const type = typeName(question.type)
  // A type that a zone cannot hold: the name's other records decide between "no such record" and "no such name".
  const finding = zone.find(question.name, type ?? 'SRV')
  const { outcome, delay, truncate } = finding
  const reply =
    outcome.kind === 'failed' && outcome.reason !== 'loop'
      ? failure(outcome.reason, query, write)
      : write(answer(finding, query))
  const room = protocol === 'tcp' ? 0xffff : Math.min(Math.max(query.edns?.udpOctets ?? 512, 512), 4096)
  const cut = reply !== undefined && (reply.length > room || (truncate && protocol === 'udp'))
  const sent = cut ? write({ flags: { ...base.flags, truncated: true } }) : reply
  return { octets: sent, delay, question: { name: question.name, type } }
}

/** An answer without records. */
function replyTo({ id, opcode, flags, questions, edns }: Message): Message {
  const { recursionDesired, checkingDisabled } = flags
  return {
    id,
    opcode,
    rcode: rcodes.noError,
    flags: { ...noFlags, response: true, recursionAvailable: true, recursionDesired, checkingDisabled },
    questions: questions.slice(0, 1),
    answers: [],
    authorities: [],
    edns: edns && { udpOctets, version: 0, dnssec: edns.dnssec, errors: [] },
  }
}

function answer({ aliases, outcome, owner, authentic }: Finding<unknown>, query: Message): Partial<Message> {
  const answers: MessageRecord[] = aliases.map((alias) => ({
    owner: alias.owner,
    type: 'CNAME',
    ttl: alias.ttl,
    data: { target: alias.target },
  }))
  const type = typeName(query.questions[0]?.type ?? 0)
  if (outcome.kind === 'found')
    for (const data of outcome.records) answers.push({ owner, type, ttl: outcome.ttl, data } as MessageRecord)
  const no = outcome.kind === 'nodata' || outcome.kind === 'nxdomain'
  const understood = query.flags.authentic || query.edns?.dnssec === true
  return {
    rcode: outcome.kind === 'nxdomain' ? rcodes.nxDomain : rcodes.noError,
    flags: { ...replyTo(query).flags, authentic: authentic && understood },
    answers,
    authorities: no ? [zoneStart(owner, outcome.ttl)] : [],
  }
}

/** The zone's start as negative answers carry it; made up, since only its times matter. @rfc 2308 3 */
function zoneStart(owner: string, ttl: Seconds): MessageRecord {
  const times = { serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: ttl }
  return { owner: parentOf(owner), type: 'SOA', ttl, data: { mname: '.', rname: '.', ...times } }
}

const dnssecBogus = 6

function failure(
  reason: FailureReason,
  query: Message,
  write: (parts: Partial<Message>) => Uint8Array | undefined,
): Uint8Array | undefined {
  switch (reason) {
    case 'timeout':
      return undefined
    case 'malformed': {
      // A record is announced that does not come.
      const reply = write({})
      reply?.set([0, 1], 6)
      return reply
    }
    case 'refused':
      return write({ rcode: rcodes.refused })
    default: {
      const { edns } = replyTo(query)
      const bogus = reason === 'bogus' && edns !== undefined
      return write({ rcode: rcodes.servFail, ...(bogus && { edns: { ...edns, errors: [dnssecBogus] } }) })
    }
  }
}
