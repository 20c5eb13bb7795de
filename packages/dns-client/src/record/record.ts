/** An A or AAAA record. `address` is its text, IPv6 in canonical form (RFC 5952). */
export interface AddressRecord {
  readonly address: string
}

/** A mail exchanger. A single one with preference 0 and exchange `.` says that the domain takes no mail (RFC 7505). */
export interface MxRecord {
  readonly preference: number
  readonly exchange: string
}

/** A text record. */
export interface TxtRecord {
  /** The character strings as they came, each at most 255 octets. */
  readonly strings: readonly Uint8Array[]
  /** The strings joined without anything between them, read as UTF-8; what is not UTF-8 becomes U+FFFD. */
  readonly text: string
}

/** A TLSA record; the numbers are not judged here, and `data` may be empty. */
export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly data: Uint8Array
}

/** A CNAME, PTR or NS record: another name. */
export interface TargetRecord {
  readonly target: string
}

/** The start of a zone; times in seconds, `rname` the mailbox written as a name. */
export interface SoaRecord {
  readonly mname: string
  readonly rname: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** A service's location; target `.` says that there is no such service. */
export interface SrvRecord {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

/** The form of each record type that can be asked for. Names in it are in normal form. */
export interface Records {
  readonly A: AddressRecord
  readonly AAAA: AddressRecord
  readonly MX: MxRecord
  readonly TXT: TxtRecord
  readonly TLSA: TlsaRecord
  readonly CNAME: TargetRecord
  readonly PTR: TargetRecord
  readonly NS: TargetRecord
  readonly SOA: SoaRecord
  readonly SRV: SrvRecord
}

/** A record type that can be asked for. */
export type RecordType = keyof Records

/** The form of a record of type `T`. */
export type RecordOf<T extends RecordType> = Records[T]

/** The number of each record type. */
export const recordTypes: { readonly [T in RecordType]: number } = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  TLSA: 52,
}

const names = new Map(Object.entries(recordTypes).map(([name, number]) => [number, name as RecordType]))

/** The record type with this number, if it is one that can be asked for. */
export function typeName(number: number): RecordType | undefined {
  return names.get(number)
}
