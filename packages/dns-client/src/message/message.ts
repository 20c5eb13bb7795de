import type { Rdata } from '../record/read.ts'

/** A response code of the header, joined with its upper bits when the message has EDNS. */
export const rcodes = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  badVers: 16,
} as const

/** The header's flags that matter to a stub. */
export interface Flags {
  /** It is a response, not a query. */
  readonly response: boolean
  readonly authoritative: boolean
  /** It did not fit; ask again by TCP. */
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  /** The sender says that it checked the signatures of all it answered. @rfc 4035 3.2.3 */
  readonly authentic: boolean
  readonly checkingDisabled: boolean
}

/** What a query asks. */
export interface Question {
  /** In normal form. */
  readonly name: string
  readonly type: number
  readonly class: number
}

/** A record whose data is not yet read; `data` tells where it lies in the message. */
export interface RawRecord {
  /** In normal form. */
  readonly owner: string
  readonly type: number
  readonly class: number
  /** Seconds; a number with its highest bit set counts as 0. @rfc 2181 8 */
  readonly ttl: number
  readonly data: Rdata
}

/** The EDNS part of a message. @rfc 6891 6.1 */
export interface Edns {
  readonly udpOctets: number
  readonly version: number
  /** The sender wants, or sends, the records of DNSSEC. */
  readonly dnssec: boolean
  /** Why an answer failed, by the extended error codes of RFC 8914. */
  readonly errors: readonly number[]
}

/** A message taken apart. The records' data is still in `octets`, a view of what was given: keep it unchanged. */
export interface Message {
  readonly octets: Uint8Array
  readonly id: number
  readonly opcode: number
  readonly rcode: number
  readonly flags: Flags
  readonly questions: readonly Question[]
  readonly answers: readonly RawRecord[]
  readonly authorities: readonly RawRecord[]
  readonly edns: Edns | undefined
}

/** Why octets are no message. */
export type MessageFault = 'short-header' | 'bad-name' | 'short-record' | 'bad-edns'

/** A message, or the fault that makes it none and where it was found. */
export type DecodedMessage =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'fault'; readonly fault: MessageFault; readonly at: number }

export const classIn = 1
export const typeOpt = 41
export const headerOctets = 12
