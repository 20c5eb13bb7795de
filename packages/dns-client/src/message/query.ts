import type { Random } from '../clock.ts'
import { type RecordType, recordTypes } from '../record/record.ts'
import { classIn, headerOctets, type Message, noFlags, rcodes } from './message.ts'

/** The longest answer asked for by UDP: what passes every usual path without being cut into fragments. */
export const udpOctets = 1232

/**
 * A query for one name and type: recursion wanted, AD set to say that the answer's AD is understood, and with `edns`
 * room for {@link udpOctets} and the DO bit.
 *
 * @rfc 1035 4.1
 * @rfc 3225 3
 * @rfc 6840 5.7
 */
export function queryFor(name: string, type: RecordType, id: number, edns: boolean): Message {
  return {
    id,
    opcode: 0,
    rcode: rcodes.noError,
    flags: { ...noFlags, recursionDesired: true, authentic: true },
    questions: [{ name, type: recordTypes[type], class: classIn }],
    answers: [],
    authorities: [],
    edns: edns ? { udpOctets, version: 0, dnssec: true, errors: [] } : undefined,
  }
}

/**
 * A name in normal form with each letter in upper or lower case by chance. An answer must repeat the pattern, which a
 * forger has to guess as well as the id and the port.
 */
export function mixCase(name: string, random: Random): string {
  const coins = random.bytes(Math.ceil(name.length / 8))
  let mixed = ''
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    const upper = code >= 0x61 && code <= 0x7a && ((coins[at >> 3] ?? 0) >> (at & 7)) & 1
    mixed += String.fromCharCode(upper ? code - 0x20 : code)
  }
  return mixed
}

/**
 * How a message answers a query, told before anything of it is decoded. `other-case`: in everything but the case of
 * the question's letters.
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
  if (questions === 0) return rcode === rcodes.formErr || rcode === rcodes.notImp ? 'answer' : 'stranger'
  const end = questionEnd(query)
  if (questions !== 1 || octets.length < end) return 'stranger'
  let match: 'answer' | 'other-case' = 'answer'
  for (let at = headerOctets; at < end; at++) {
    const asked = query[at] ?? 0
    const told = octets[at] ?? 0
    if (asked === told) continue
    // Length octets stay below the letters, and type and class are not folded.
    if (at >= end - 4 || !isLetter(asked) || (asked ^ told) !== 0x20) return 'stranger'
    match = 'other-case'
  }
  return match
}

/** Where the only question of a query of ours ends. */
export function questionEnd(query: Uint8Array): number {
  let at = headerOctets
  while ((query[at] ?? 0) !== 0) at += 1 + (query[at] ?? 0)
  return at + 5
}

const isLetter = (octet: number): boolean => (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a
