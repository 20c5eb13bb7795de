import { formatAddress } from '../name/address.ts'
import { readName } from '../name/name.ts'
import type { RecordOf, RecordType, TargetRecord } from './record.ts'
import { decodeUtf8 } from './utf8.ts'

/** Where a record's data lies in its message. */
export interface Rdata {
  readonly start: number
  readonly end: number
}

/**
 * Reads the data of one record. The record owns its octets. Undefined when the data is not of the type's form: too
 * short, too long, a name that does not end where the data ends.
 *
 * @rfc 1035 3.3, 3.4
 * @rfc 2782
 * @rfc 3596 2.2
 * @rfc 6698 2.1
 */
export function readRecord<T extends RecordType>(
  type: T,
  message: Uint8Array,
  { start, end }: Rdata,
): RecordOf<T> | undefined {
  if (start > end || end > message.length) return undefined
  return readers[type](message, start, end)
}

type Reader<R> = (message: Uint8Array, start: number, end: number) => R | undefined

const target: Reader<TargetRecord> = (message, start, end) => {
  const name = nameUpTo(message, start, end)
  return name === undefined ? undefined : { target: name }
}

const address =
  (length: number): Reader<RecordOf<'A'>> =>
  (message, start, end) =>
    end - start === length ? { address: formatAddress(message.subarray(start, end)) } : undefined

const readers: { readonly [T in RecordType]: Reader<RecordOf<T>> } = {
  A: address(4),
  AAAA: address(16),
  CNAME: target,
  PTR: target,
  NS: target,
  MX(message, start, end) {
    const exchange = nameUpTo(message, start + 2, end)
    return exchange === undefined ? undefined : { preference: word(message, start), exchange }
  },
  SRV(message, start, end) {
    const name = nameUpTo(message, start + 6, end)
    if (name === undefined) return undefined
    return {
      priority: word(message, start),
      weight: word(message, start + 2),
      port: word(message, start + 4),
      target: name,
    }
  },
  TLSA(message, start, end) {
    if (end - start < 3) return undefined
    const [usage = 0, selector = 0, matchingType = 0] = message.subarray(start, start + 3)
    return { usage, selector, matchingType, data: copy(message, start + 3, end) }
  },
  TXT(message, start, end) {
    // One string at least, and the last one ends where the data ends.
    if (start === end) return undefined
    const strings: Uint8Array[] = []
    const joined = new Uint8Array(end - start)
    let length = 0
    for (let at = start; at < end; ) {
      const next = at + 1 + (message[at] ?? 0)
      if (next > end) return undefined
      const octets = copy(message, at + 1, next)
      strings.push(octets)
      joined.set(octets, length)
      length += octets.length
      at = next
    }
    return { strings, text: decodeUtf8(joined.subarray(0, length)) }
  },
  SOA(message, start, end) {
    const mname = readName(message, start)
    const rname = mname && readName(message, mname.next)
    if (mname === undefined || rname === undefined || rname.next !== end - 20) return undefined
    const number = (index: number): number => long(message, rname.next + index * 4)
    return {
      mname: mname.name,
      rname: rname.name,
      serial: number(0),
      refresh: number(1),
      retry: number(2),
      expire: number(3),
      minimum: number(4),
    }
  },
}

/** Not `slice`: that of Node's Buffer is a view, and would keep the whole message. */
function copy(message: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(message.subarray(start, end))
}

/** The name that fills the octets from `start` to `end`. */
function nameUpTo(message: Uint8Array, start: number, end: number): string | undefined {
  if (start >= end) return undefined
  const read = readName(message, start)
  return read?.next === end ? read.name : undefined
}

/** Two octets as a number; zero beyond the end. */
export function word(message: Uint8Array, at: number): number {
  return ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0)
}

/** Four octets as a number; zero beyond the end. */
export function long(message: Uint8Array, at: number): number {
  return word(message, at) * 0x10000 + word(message, at + 2)
}
