import { DnsError } from '../error.ts'
import { normalRecord } from '../record/normal.ts'
import { type MxRecord, type RecordOf, type RecordType, recordTypes } from '../record/record.ts'
import { encodeUtf8 } from '../record/utf8.ts'
import type { ZoneEntry } from './entry.ts'

/** All records of an entry, in the form in which they would come from a server. @throws DnsError `DNS_ZONE` */
export function recordsOf(name: string, entry: ZoneEntry): Map<RecordType, readonly RecordOf<RecordType>[]> {
  const kept = new Map<RecordType, readonly RecordOf<RecordType>[]>()
  for (const type of Object.keys(recordTypes) as RecordType[]) {
    const records = written(entry, type).map((record) => {
      const normal = normalRecord(type, record as never)
      if (normal !== undefined) return normal
      const because = `a ${type} record has no form on the wire`
      throw new DnsError('DNS_ZONE', `${name}: ${because}`, { name, because })
    })
    if (type === 'MX') (records as MxRecord[]).sort((a, b) => a.preference - b.preference)
    if (records.length > 0) kept.set(type, records)
  }
  return kept
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
