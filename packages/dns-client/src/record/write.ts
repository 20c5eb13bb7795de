import { parseAddress } from '../name/address.ts'
import { wireName } from '../name/name.ts'
import type { RecordOf, RecordType, TargetRecord } from './record.ts'

/**
 * Writes the data of one record, names uncompressed. The buffer is the caller's. Undefined when the record has no
 * wire form: a number out of range, a name or address that is none, a string over 255 octets.
 */
export function writeRecord<T extends RecordType>(type: T, record: RecordOf<T>): Uint8Array | undefined {
  const parts = writers[type](record)
  if (parts?.some((part) => part === undefined)) return undefined
  return parts && join(parts as readonly Uint8Array[])
}

type Writer<R> = (record: R) => readonly (Uint8Array | undefined)[] | undefined

const target: Writer<TargetRecord> = (record) => [wireName(record.target)]

const address =
  (length: number): Writer<RecordOf<'A'>> =>
  (record) => {
    const octets = parseAddress(record.address)
    return octets?.length === length ? [octets] : undefined
  }

const writers: { readonly [T in RecordType]: Writer<RecordOf<T>> } = {
  A: address(4),
  AAAA: address(16),
  CNAME: target,
  PTR: target,
  NS: target,
  MX: ({ preference, exchange }) => [numbers(2, preference), wireName(exchange)],
  SRV: ({ priority, weight, port, target }) => [numbers(2, priority, weight, port), wireName(target)],
  TLSA: ({ usage, selector, matchingType, data }) => [numbers(1, usage, selector, matchingType), data],
  TXT: ({ strings }) =>
    strings.length === 0
      ? undefined
      : strings.flatMap((octets) => [octets.length > 255 ? undefined : numbers(1, octets.length), octets]),
  SOA: ({ mname, rname, serial, refresh, retry, expire, minimum }) => [
    wireName(mname),
    wireName(rname),
    numbers(4, serial, refresh, retry, expire, minimum),
  ],
}

/** Numbers of so many octets each, or undefined when one does not fit. */
function numbers(octets: number, ...values: readonly number[]): Uint8Array | undefined {
  const wire = new Uint8Array(octets * values.length)
  for (const [index, value] of values.entries()) {
    if (!Number.isInteger(value) || value < 0 || value >= 256 ** octets) return undefined
    for (let at = 0; at < octets; at++) wire[index * octets + at] = Math.floor(value / 256 ** (octets - 1 - at)) & 0xff
  }
  return wire
}

/** Buffers one behind the other, in a new one. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
