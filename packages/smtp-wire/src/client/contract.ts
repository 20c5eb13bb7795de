import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { RawParameter } from '../command/parameters.ts'
import type { BodyKind } from '../extension/types.ts'
import type { ReplyFault } from '../reply/read-reply.ts'
import type { Refusal, Reply } from '../reply/reply.ts'

/**
 * Where in a session something happened: what the last reply answered or the next one will. `content`: from the 354, or
 * the first BDAT, to the final dot or the last chunk; `chunk`: a BDAT that is not the last; `end`: after the content.
 */
export type ClientPhase =
  | 'greeting'
  | 'hello'
  | 'starttls'
  | 'verb'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'content'
  | 'chunk'
  | 'end'
  | 'rset'
  | 'quit'

/** Why a session is over without a reply that says so. */
export type Loss =
  /** No reply within the time RFC 5321 4.5.3.2 grants. */
  | 'timeout'
  /** The connection ended or broke. */
  | 'closed'
  /** What came is not a reply, or has no end. */
  | ReplyFault
  /** A reply nobody asked for, or one its command cannot have. */
  | 'unsolicited'
  /** Octets waited in clear behind the reply to STARTTLS (RFC 3207, 4.2). */
  | 'input-before-tls'
  /** The TLS handshake failed. */
  | 'handshake'
  /** This side gave up: it was told to, the content could not be read, or the lease is gone. */
  | 'given-up'

/** How one recipient of a transaction came out. */
export type RecipientResult =
  /** The server has the message for this recipient. */
  | { readonly kind: 'accepted'; readonly reply: Reply }
  /** A 4xx or 5xx reply said no; `phase` tells to what. `content`, `chunk`: while content was being sent. */
  | { readonly kind: 'refused'; readonly reply: Reply; readonly phase: ClientPhase }
  /** An extension of ours forbids sending this to this server; nothing was sent. */
  | { readonly kind: 'vetoed'; readonly reply: Refusal; readonly by: string }
  /** The session was lost before the final dot or the last chunk: surely not delivered. `reply`: what the server said, if it did (421). */
  | { readonly kind: 'lost'; readonly loss: Loss; readonly phase: ClientPhase; readonly reply?: Reply }
  /** The session was lost between the final dot or the last chunk and its reply: delivered or not, nobody knows (RFC 1047). */
  | { readonly kind: 'unknown'; readonly loss: Loss }

/** What a client is told to send. */
export interface OutgoingTransaction {
  readonly reversePath: ReversePath
  /** What came with MAIL when the message was accepted. Each goes on as its extension sees fit; one of no extension ends here. */
  readonly parameters?: readonly RawParameter[]
  readonly recipients: readonly OutgoingRecipient[]
  /** Octets of the content, where known. */
  readonly size?: number
  /** Left out: nobody looked. */
  readonly body?: BodyKind
  /** A header field, of the message or of one in it, is not ASCII. Left out: nobody looked. */
  readonly utf8Header?: boolean
}

/** One recipient of an {@link OutgoingTransaction}. */
export interface OutgoingRecipient {
  readonly forwardPath: ForwardPath
  readonly parameters?: readonly RawParameter[]
}
