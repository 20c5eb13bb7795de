import type { Seconds } from '../clock.ts'
import type { RecordOf, RecordType } from '../record/record.ts'

/** The flags of the header. */
export interface Flags {
  /** It is a response, not a query. */
  readonly response: boolean
  readonly authoritative: boolean
  /** It did not fit; ask again by TCP. */
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  /** In a response: the sender checked the signatures of all it answered. In a query: this flag is understood. @rfc 6840 5.7, 5.8 */
  readonly authentic: boolean
  readonly checkingDisabled: boolean
}

/** What a query asks. */
export interface Question {
  /** In a query to be written: in any case. Read: in normal form. */
  readonly name: string
  readonly type: number
  readonly class: number
}

/** A record of the Internet class and of a type that can be asked for. */
export type MessageRecord = {
  readonly [T in RecordType]: {
    /** In normal form. */
    readonly owner: string
    readonly type: T
    /** A number with its highest bit set counts as 0. @rfc 2181 8 */
    readonly ttl: Seconds
    /** In the form of `normalRecord`. */
    readonly data: RecordOf<T>
  }
}[RecordType]

/** The EDNS part of a message. @rfc 6891 6.1 */
export interface Edns {
  /** The longest datagram that the sender takes. */
  readonly udpOctets: number
  readonly version: number
  /** The sender wants, or sends, the records of DNSSEC. */
  readonly dnssec: boolean
  /** Why an answer failed, by the extended error codes of RFC 8914. */
  readonly errors: readonly number[]
}

/** A message as plain data. Records that are no {@link MessageRecord} are left out. */
export interface Message {
  readonly id: number
  readonly opcode: number
  /** The response code, joined with its upper bits when the message has EDNS. */
  readonly rcode: number
  readonly flags: Flags
  readonly questions: readonly Question[]
  readonly answers: readonly MessageRecord[]
  readonly authorities: readonly MessageRecord[]
  readonly edns: Edns | undefined
}

/** Turns messages into octets and back. `@angarium/dns-client/node` has one. */
export interface MessageCodec {
  /**
   * Writes a message into a buffer of the caller's own. Undefined when it cannot: for a name, for a class other than
   * that of the Internet, for more than 65535 octets.
   */
  encode(message: Message): Uint8Array | undefined
  /**
   * Reads a message, whatever octets are given: never throws, and its work is bounded by their number. Undefined when
   * they are not one whole message, nothing behind it, in which all that {@link Message} holds is well-formed. What it
   * returns keeps no view of `octets`.
   */
  decode(octets: Uint8Array): Message | undefined
}

/** No flag set. */
export const noFlags: Flags = {
  response: false,
  authoritative: false,
  truncated: false,
  recursionDesired: false,
  recursionAvailable: false,
  authentic: false,
  checkingDisabled: false,
}

/** Response codes that are told apart. */
export const rcodes = {
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  badVers: 16,
} as const

export const classIn = 1
export const headerOctets = 12
