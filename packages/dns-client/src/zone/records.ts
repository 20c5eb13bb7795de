import { DnsError } from '../error.ts'
import { readRecord } from '../record/read.ts'
import { type MxRecord, type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import { encodeUtf8 } from '../record/utf8.ts'
import { writeRecord } from '../record/write.ts'
import type { Kept, ZoneEntry } from './zone.ts'

/** All records of an entry, as they are asked for and as they are sent. @throws DnsError `DNS_ZONE` */
export function recordsOf(name: string, entry: ZoneEntry): Map<RecordType, Kept<RecordOf<RecordType>>[]> {
  const kept = new Map<RecordType, Kept<RecordOf<RecordType>>[]>()
  for (const type of Object.keys(recordTypes) as RecordType[]) {
    const records = written(entry, type).map((record) => keep(name, type, record))
    if (type === 'MX') records.sort((a, b) => (a.record as MxRecord).preference - (b.record as MxRecord).preference)
    if (records.length > 0) kept.set(type, records)
  }
  return kept
}

/** Through the wire form and back, so that a record in memory looks as one from a server. */
function keep(name: string, type: RecordType, record: RecordOf<RecordType>): Kept<RecordOf<RecordType>> {
  const wire = writeRecord(type, record as never)
  const read = wire && readRecord(type, wire, { start: 0, end: wire.length })
  if (wire === undefined || read === undefined) {
    const because = `a ${type} record has no wire form`
    throw new DnsError('DNS_ZONE', `${name}: ${because}`, { name, because })
  }
  return { record: read, wire }
}

function written(entry: ZoneEntry, type: RecordType): readonly RecordOf<RecordType>[] {
  switch (type) {
    case 'A':
    case 'AAAA':
      return (entry[type] ?? []).map((address) => ({ address }))
    case 'PTR':
    case 'NS':
      return (entry[type] ?? []).map((target) => ({ target }))
    case 'CNAME':
      return entry.CNAME === undefined ? [] : [{ target: entry.CNAME }]
    case 'SOA':
      return entry.SOA === undefined ? [] : [entry.SOA]
    case 'TXT':
      return (entry.TXT ?? []).map((value) => ({
        strings: typeof value === 'string' ? pieces(encodeUtf8(value)) : value,
        text: '',
      }))
    default:
      return entry[type] ?? []
  }
}

function pieces(octets: Uint8Array): readonly Uint8Array[] {
  const strings: Uint8Array[] = []
  for (let at = 0; at === 0 || at < octets.length; at += 255) strings.push(octets.subarray(at, at + 255))
  return strings
}
