import { mixCase, wireName } from '../name/name.ts'
import { type RecordType, recordTypes } from '../record/record.ts'
import { join } from '../record/write.ts'
import { classIn, headerOctets } from './message.ts'

/** The largest answer asked for by UDP: what passes every usual path without being cut into fragments. */
export const udpOctets = 1232

/** How a query is to be written. */
export interface QueryForm {
  readonly id: number
  /** Ask with EDNS: answers up to {@link udpOctets}, and the DO bit. */
  readonly edns: boolean
  /** Where random bits come from when the name's letters are to be in mixed case. */
  readonly mixedCase?: (count: number) => Uint8Array
}

/**
 * A query for one name and type: recursion wanted, AD set to say that the answer's AD is understood, and with EDNS
 * the DO bit. The buffer is the caller's. Undefined when the name is none.
 *
 * @rfc 1035 4.1
 * @rfc 3225 3
 * @rfc 6840 5.7
 */
export function encodeQuery(name: string, type: RecordType, form: QueryForm): Uint8Array | undefined {
  const wire = wireName(name)
  if (wire === undefined) return undefined
  if (form.mixedCase) mixCase(wire, form.mixedCase)
  const header = [form.id >> 8, form.id & 0xff, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, form.edns ? 1 : 0]
  const question = [0, recordTypes[type], 0, classIn]
  const opt = form.edns ? [0, 0, 41, udpOctets >> 8, udpOctets & 0xff, 0, 0, 0x80, 0, 0, 0] : []
  return join([Uint8Array.from(header), wire, Uint8Array.from([...question, ...opt])])
}

/**
 * How a message answers a query. `other-case`: in everything but the case of the question's letters.
 *
 * The id, the response flag, and the octets of the single question are compared; a refusal of the query's form may
 * come without its question.
 *
 * @rfc 5452 9.1
 */
export function matchAnswer(query: Uint8Array, octets: Uint8Array): 'answer' | 'other-case' | 'stranger' {
  if (octets.length < headerOctets || octets[0] !== query[0] || octets[1] !== query[1]) return 'stranger'
  if (((octets[2] ?? 0) & 0x80) === 0) return 'stranger'
  const rcode = (octets[3] ?? 0) & 0xf
  const questions = ((octets[4] ?? 0) << 8) | (octets[5] ?? 0)
  if (questions === 0) return rcode === 1 || rcode === 4 ? 'answer' : 'stranger'
  const end = questionEnd(query)
  if (questions !== 1 || octets.length < end) return 'stranger'
  let match: 'answer' | 'other-case' = 'answer'
  for (let at = headerOctets; at < end; at++) {
    const asked = query[at] ?? 0
    const told = octets[at] ?? 0
    if (asked === told) continue
    // Length octets stay below the letters, and type and class below 0x41, so folding cannot confuse them.
    if (at >= end - 4 || !isLetter(asked) || (asked ^ told) !== 0x20) return 'stranger'
    match = 'other-case'
  }
  return match
}

function questionEnd(query: Uint8Array): number {
  let at = headerOctets
  while ((query[at] ?? 0) !== 0) at += 1 + (query[at] ?? 0)
  return at + 5
}

const isLetter = (octet: number): boolean => (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a
