import type { Instant, QueueId } from '@angarium/queue'

/** One message for one mailbox. */
export interface MailboxItem {
  /** The same for every recipient of a message and for every attempt. */
  readonly id: QueueId
  /** Without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  /** Mailbox of the forward-path without angle brackets, as it was accepted. */
  readonly address: string
  /**
   * All of what is to be stored, lines ended by CRLF: it begins with `Return-Path` and `Delivered-To`, and holds no other
   * `Return-Path`. May be read once. A chunk is valid until the next one is asked for. Iteration rejects when the queue
   * cannot be read; then nothing may be left in the mailbox.
   */
  readonly content: AsyncIterable<Uint8Array>
}

/** What became of it. */
export type MailboxOutcome =
  /** On stable storage, and visible to its owner in whole. */
  | { readonly kind: 'delivered' }
  /** Not now: the mailbox is full, the disk is. `status` is of class 4. */
  | { readonly kind: 'deferred'; readonly status: `4.${number}.${number}`; readonly because: string }
  /** Never: there is no such mailbox. `status` is of class 5. */
  | { readonly kind: 'failed'; readonly status: `5.${number}.${number}`; readonly because: string }

/**
 * Since when somebody has had a mailbox, without a break: the last change of owner. `first-owner`: it was never another's,
 * however old it is. `unknown`: nobody wrote it down, and nobody ever will.
 *
 * @rfc 7293 5, 9
 */
export type OwnedSince = Instant | 'first-owner' | 'unknown'

/** Puts messages into mailboxes: a Maildir, a database. */
export interface MailboxDelivery {
  /** What it stores comes back octet for octet, also what is no lines. Left out, binary parts are encoded for it. @rfc 3030 3 */
  readonly binary?: boolean
  /** A rejection defers the recipient and is logged. Called for several recipients and messages at a time. */
  deliver(item: MailboxItem): Promise<MailboxOutcome>
  /**
   * Since when the mailbox has had its owner; asked for messages whose sender wants that checked, by RRVS or by a header
   * field. A rejection defers the recipient and is logged. Without this method nobody can tell, header fields are passed
   * over, and RRVS should not be offered.
   */
  ownedSince?(address: string): Promise<OwnedSince>
}
