import type { DateTime } from '../date/parse.ts'

/** What a Received field says, as far as it says it. @rfc 5321 4.4 */
export interface Received {
  readonly from: ReceivedHost | undefined
  readonly by: ReceivedHost | undefined
  readonly via: string | undefined
  /** The protocol; see {@link TransmissionType} for the registered ones. */
  readonly with: string | undefined
  readonly id: string | undefined
  /** A mailbox without its angle brackets; real fields may hold several words. */
  readonly for: string | undefined
  readonly date: DateTime | undefined
}

/** A host as a Received field names it. All of it is hearsay unless the field is our own. */
export interface ReceivedHost {
  /** What it called itself; empty when the field gives only comments. */
  readonly name: string
  /** IP address as written, without brackets and `IPv6:`; from the comments or from a name that is a literal. */
  readonly address: string | undefined
  /** Name found for that address. */
  readonly reverseName: string | undefined
  /** All comments of the clause, without their parentheses. */
  readonly comments: readonly string[]
}
