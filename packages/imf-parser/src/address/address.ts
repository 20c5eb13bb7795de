import type { TokenFault } from '../syntax/cursor.ts'

/** An element of an address-list. @rfc 5322 3.4 */
export type Address = Mailbox | Group

/** One mailbox. */
export interface Mailbox {
  readonly kind: 'mailbox'
  /** Words of the display name, quoting taken out, encoded-words left as they are; `undefined` when there is none. */
  readonly displayName: string | undefined
  /** Quoting taken out; may hold spaces and "@". Case is the receiving host's business. */
  readonly localPart: string
  /** As spelled, comments and white space taken out; a literal keeps its brackets. */
  readonly domain: string
  /** Comments in it and behind it, in order, without their parentheses. Not written by the formatter. */
  readonly comments: readonly string[]
}

/** A named group, possibly empty. */
export interface Group {
  readonly kind: 'group'
  readonly displayName: string
  readonly mailboxes: readonly Mailbox[]
}

/** Builds a {@link Mailbox}. */
export function mailbox(localPart: string, domain: string, displayName?: string): Mailbox {
  return { kind: 'mailbox', displayName, localPart, domain, comments: none }
}

/** No comments. */
export const none: readonly string[] = Object.freeze([])

/** Why a text is no address, mailbox or list of them. */
export type AddressFault =
  | TokenFault
  /** Nothing there but white space and comments. */
  | 'empty'
  /** Words, and neither "@" nor "<" nor ":" behind them. */
  | 'no-at'
  | 'bad-local-part'
  | 'bad-domain'
  | 'bad-display-name'
  | 'bad-route'
  /** "<" without its ">". */
  | 'unterminated-address'
  /** A group without its ";". */
  | 'unterminated-group'
  | 'group-in-group'
  /** A group where only mailboxes may stand. */
  | 'group'
  /** More than the one mailbox asked for. */
  | 'several'
