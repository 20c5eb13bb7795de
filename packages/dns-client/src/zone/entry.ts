import type { Millis, Seconds } from '../clock.ts'
import type { MxRecord, RecordOf, RecordType, SoaRecord, SrvRecord, TlsaRecord, TxtRecord } from '../record/record.ts'
import type { FailureReason } from '../resolver/contract.ts'

/** The records of a name, as short as they can be written. */
export interface ZoneRecords {
  readonly A?: readonly string[]
  readonly AAAA?: readonly string[]
  readonly MX?: readonly MxRecord[]
  /** A string is written as UTF-8 in pieces of 255 octets. */
  readonly TXT?: readonly (string | TxtRecord['strings'])[]
  readonly TLSA?: readonly TlsaRecord[]
  readonly CNAME?: string
  readonly PTR?: readonly string[]
  readonly NS?: readonly string[]
  readonly SOA?: SoaRecord
  readonly SRV?: readonly SrvRecord[]
}

/** A name of a zone: its records, and how it behaves. */
export interface ZoneEntry extends ZoneRecords {
  /** Default 300. */
  readonly ttl?: Seconds
  /** Whether answers about this name, and about what does not exist below it, are authentic. Default: the zone's. */
  readonly authentic?: boolean
  /** Questions about this name fail: all, or those for the types given. */
  readonly fails?: FailureReason | { readonly [T in RecordType]?: FailureReason }
  /** The server (not the resolver in memory) answers after so long. */
  readonly delay?: Millis
  /** The server (not the resolver in memory) says by UDP that the answer does not fit. */
  readonly truncate?: boolean
}

/** A name as the zone keeps it. */
export interface KeptEntry {
  readonly entry: ZoneEntry
  readonly records: ReadonlyMap<RecordType, readonly RecordOf<RecordType>[]>
}
