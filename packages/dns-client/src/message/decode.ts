import { readName } from '../name/name.ts'
import { long, word } from '../record/read.ts'
import {
  type DecodedMessage,
  type Edns,
  headerOctets,
  type MessageFault,
  type Question,
  type RawRecord,
  typeOpt,
} from './message.ts'

const extendedErrorOption = 15

/**
 * Takes a message apart, whatever octets are given: it never throws, and its work is bounded by their number.
 * Octets behind the last record are ignored. Records keep views of `octets`.
 *
 * @rfc 1035 4.1
 * @rfc 6891 6.1
 */
export function decodeMessage(octets: Uint8Array): DecodedMessage {
  if (octets.length < headerOctets) return fault('short-header', octets.length)
  const bits = word(octets, 2)
  let at = headerOctets
  const questions: Question[] = []
  for (let left = word(octets, 4); left > 0; left--) {
    const name = readName(octets, at)
    if (name === undefined) return fault('bad-name', at)
    if (name.next + 4 > octets.length) return fault('short-record', at)
    questions.push({ name: name.name, type: word(octets, name.next), class: word(octets, name.next + 2) })
    at = name.next + 4
  }
  const sections: RawRecord[][] = [[], [], []]
  for (const [index, section] of sections.entries())
    for (let left = word(octets, 6 + index * 2); left > 0; left--) {
      const record = readRaw(octets, at)
      if (typeof record === 'string') return fault(record, at)
      section.push(record)
      at = record.data.end
    }
  const [answers = [], authorities = [], additionals = []] = sections
  const opts = additionals.filter((record) => record.type === typeOpt)
  const opt = opts[0]
  const edns = opt && readEdns(octets, opt)
  if (opts.length > 1 || edns === 'bad-edns') return fault('bad-edns', opt?.data.start ?? at)
  return {
    kind: 'message',
    message: {
      octets,
      id: word(octets, 0),
      opcode: (bits >> 11) & 0xf,
      rcode: (bits & 0xf) | (edns?.rcodeHigh ?? 0),
      flags: {
        response: (bits & 0x8000) !== 0,
        authoritative: (bits & 0x0400) !== 0,
        truncated: (bits & 0x0200) !== 0,
        recursionDesired: (bits & 0x0100) !== 0,
        recursionAvailable: (bits & 0x0080) !== 0,
        authentic: (bits & 0x0020) !== 0,
        checkingDisabled: (bits & 0x0010) !== 0,
      },
      questions,
      answers,
      authorities,
      edns: edns?.edns,
    },
  }
}

function readRaw(octets: Uint8Array, at: number): RawRecord | MessageFault {
  const owner = readName(octets, at)
  if (owner === undefined) return 'bad-name'
  const fixed = owner.next
  const start = fixed + 10
  const end = start + word(octets, fixed + 8)
  if (start > octets.length || end > octets.length) return 'short-record'
  const ttl = long(octets, fixed + 4)
  return {
    owner: owner.name,
    type: word(octets, fixed),
    class: word(octets, fixed + 2),
    ttl: ttl > 0x7fffffff ? 0 : ttl,
    data: { start, end },
  }
}

/** The OPT record uses the fixed fields for other things, and its data for options. */
function readEdns(octets: Uint8Array, record: RawRecord): { edns: Edns; rcodeHigh: number } | 'bad-edns' {
  const { start, end } = record.data
  if (record.owner !== '.') return 'bad-edns'
  const errors: number[] = []
  for (let at = start; at < end; ) {
    const length = word(octets, at + 2)
    if (at + 4 + length > end) return 'bad-edns'
    if (word(octets, at) === extendedErrorOption && length >= 2) errors.push(word(octets, at + 4))
    at += 4 + length
  }
  const edns = {
    udpOctets: record.class,
    version: octets[start - 5] ?? 0,
    dnssec: ((octets[start - 4] ?? 0) & 0x80) !== 0,
    errors,
  }
  return { edns, rcodeHigh: (octets[start - 6] ?? 0) << 4 }
}

const fault = (kind: MessageFault, at: number): DecodedMessage => ({ kind: 'fault', fault: kind, at })
