import { wireName } from '../name/name.ts'
import { join } from '../record/write.ts'
import { classIn, type Edns, type Flags, headerOctets, type Question, typeOpt } from './message.ts'

/** A record to be written; `data` is its data as on the wire. */
export interface WireRecord {
  readonly owner: string
  readonly type: number
  readonly ttl: number
  readonly data: Uint8Array
}

/** A message to be written; what is left out is zero, false or empty. */
export interface MessageParts {
  readonly id: number
  readonly flags?: Partial<Flags>
  readonly rcode?: number
  readonly questions?: readonly Question[]
  readonly answers?: readonly WireRecord[]
  readonly authorities?: readonly WireRecord[]
  readonly edns?: Partial<Edns>
}

/**
 * Writes a message; owners that were written before are compressed, data is not. The buffer is the caller's.
 * Undefined when a name is none, data is longer than 65535 octets, or the whole is.
 *
 * @rfc 1035 4.1
 * @rfc 6891 6.1
 */
export function encodeMessage(parts: MessageParts): Uint8Array | undefined {
  const { answers = [], authorities = [], questions = [], edns, rcode = 0 } = parts
  const header = new Uint8Array(headerOctets)
  header.set(two(parts.id))
  header.set(two(flagBits(parts.flags ?? {}) | (rcode & 0xf)), 2)
  header.set(
    [questions.length, answers.length, authorities.length, edns ? 1 : 0].flatMap((n) => two(n)),
    4,
  )
  const pieces: Uint8Array[] = [header]
  const places = new Map<string, number>()
  let length = headerOctets
  const put = (octets: Uint8Array): void => {
    pieces.push(octets)
    length += octets.length
  }
  const putName = (name: string): boolean => {
    const place = places.get(name)
    if (place !== undefined) {
      put(Uint8Array.from(two(0xc000 | place)))
      return true
    }
    const wire = wireName(name)
    if (wire === undefined) return false
    if (length < 0x4000 && wire.length > 1) places.set(name, length)
    put(wire)
    return true
  }
  for (const question of questions) {
    if (!putName(question.name)) return undefined
    put(Uint8Array.from([...two(question.type), ...two(question.class)]))
  }
  for (const record of [...answers, ...authorities]) {
    if (record.data.length > 0xffff || !putName(record.owner)) return undefined
    put(Uint8Array.from([...two(record.type), ...two(classIn), ...four(record.ttl), ...two(record.data.length)]))
    put(record.data)
  }
  if (edns !== undefined) put(optRecord(edns, rcode))
  return length > 0xffff ? undefined : join(pieces)
}

function optRecord({ udpOctets = 1232, version = 0, dnssec = false, errors = [] }: Partial<Edns>, rcode: number) {
  const options = errors.flatMap((error) => [...two(15), ...two(2), ...two(error)])
  const fixed = [0, ...two(typeOpt), ...two(udpOctets), (rcode >> 4) & 0xff, version, dnssec ? 0x80 : 0, 0]
  return Uint8Array.from([...fixed, ...two(options.length), ...options])
}

function flagBits(flags: Partial<Flags>): number {
  return (
    (flags.response ? 0x8000 : 0) |
    (flags.authoritative ? 0x0400 : 0) |
    (flags.truncated ? 0x0200 : 0) |
    (flags.recursionDesired ? 0x0100 : 0) |
    (flags.recursionAvailable ? 0x0080 : 0) |
    (flags.authentic ? 0x0020 : 0) |
    (flags.checkingDisabled ? 0x0010 : 0)
  )
}

const two = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff]
const four = (value: number): number[] => [...two(value >>> 16), ...two(value & 0xffff)]
