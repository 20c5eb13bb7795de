import type { ForwardPath, ReversePath } from '../address/path.ts'
import type { CommandFault } from '../command/command.ts'
import type { LineFault } from '../command/line.ts'
import type { RawParameter } from '../command/parameters.ts'
import type { DataFault } from '../content/unstuff.ts'
import type { AnyExtension, AssumedPeer, MailParameters, RcptParameters } from '../extension/types.ts'
import type { PlainReply, Refusal, RefusalCode, Reply } from '../reply/reply.ts'

/** The peer's fault, by name. Each has been answered by one reply; content under LMTP, by one for each recipient. */
export type WireFault =
  | LineFault
  | CommandFault
  | DataFault
  | 'line-endless'
  | 'early-input'
  | 'foreign-protocol'
  | 'unknown-verb'
  | 'unknown-parameter'
  | 'bad-sequence'
  | 'extension-refusal'
  | 'too-many-errors'
  | 'too-many-idle-commands'
  | 'too-many-transactions'
  | 'message-too-big'
  | 'timeout'

/** How a transaction came to its end. There is exactly one end for each accepted MAIL. @rfc 5321 3.3 */
export type TransactionOutcome = 'accepted' | 'refused' | 'reset' | 'fault' | 'closed'

/** A transaction as far as it got. */
export interface Transaction<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly reversePath: ReversePath
  readonly parameters: MailParameters<X>
  /** MAIL's parameters as they came, in order. */
  readonly raw: readonly RawParameter[]
  /** Accepted recipients, in order. */
  readonly recipients: readonly ForwardPath[]
}

/** A connection is there; the first reply is owed. */
export interface GreetEvent {
  readonly kind: 'greet'
  /** Set when a trusted proxy speaks for this client: the session begins anew. */
  readonly assumed?: AssumedPeer
}
/** HELO, EHLO or LHLO. @rfc 5321 4.1.1.1 */
export interface HelloEvent {
  readonly kind: 'hello'
  /** As given; made of characters that cannot break out of a Received field. */
  readonly name: string
  /** Not HELO: keywords are offered. */
  readonly extended: boolean
}
/** MAIL, with parameters that were read and not refused by an extension. @rfc 5321 4.1.1.2 */
export interface MailEvent<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly kind: 'mail'
  readonly reversePath: ReversePath
  readonly parameters: MailParameters<X>
  readonly raw: readonly RawParameter[]
}
/** RCPT, likewise. @rfc 5321 4.1.1.3 */
export interface RcptEvent<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly kind: 'rcpt'
  readonly forwardPath: ForwardPath
  readonly parameters: RcptParameters<X>
  readonly raw: readonly RawParameter[]
}
/** Content is about to come; the last moment to say no before it does. */
export interface DataStartEvent<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly kind: 'data-start'
  readonly transaction: Transaction<X>
}
/** Content. A view into what was fed, valid until the next `receive`. Needs no answer. */
export interface BodyEvent {
  readonly kind: 'body'
  readonly octets: Uint8Array
}
/** All content is there. Under LMTP the answer is one reply per accepted recipient. */
export interface DataEndEvent<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  readonly kind: 'data-end'
  readonly transaction: Transaction<X>
  /** Of the content, unstuffed; as many as the bodies had. */
  readonly octets: number
}
/** A verb whose extension asks; `line` is set when it is the peer's answer to a challenge. */
export interface VerbEvent {
  readonly kind: 'verb'
  readonly verb: string
  readonly argument: string
  readonly line: string | undefined
}
/** VRFY and EXPN. @rfc 5321 3.5 */
export interface LookupEvent {
  readonly kind: 'lookup'
  readonly verb: 'VRFY' | 'EXPN'
  /** A user or list: a local-part alone or a mailbox, quoted only where it must be. */
  readonly argument: string
  /** The client takes UTF-8 in the reply; where it does not, such an answer is sent as 252 2.6.8. @rfc 6531 3.7.4.2 */
  readonly utf8: boolean
}
/** Told, not asked. */
export interface TransactionEndEvent {
  readonly kind: 'transaction-end'
  readonly outcome: TransactionOutcome
}
/** Told, not asked: already answered by `reply`. */
export interface FaultEvent {
  readonly kind: 'fault'
  readonly fault: WireFault
  readonly reply: Reply
  /** The extension that refused, where one did. */
  readonly by?: string
}

/** Events that wait for an answer. */
export type Answerable<X extends readonly AnyExtension[] = readonly AnyExtension[]> =
  | GreetEvent
  | HelloEvent
  | MailEvent<X>
  | RcptEvent<X>
  | DataStartEvent<X>
  | DataEndEvent<X>
  | VerbEvent
  | LookupEvent

/** Everything a server session tells, as plain data. */
export type ServerEvent<X extends readonly AnyExtension[] = readonly AnyExtension[]> =
  | Answerable<X>
  | BodyEvent
  | TransactionEndEvent
  | FaultEvent

/** What RFC 5321 4.3.2 allows at each point. */
export interface Answers {
  /** 421 and 521 close; 554 waits for QUIT. Like the next, without an enhanced status. @rfc 2034 4 */
  readonly greet: PlainReply<220 | RefusalCode>
  /** `accept`: the session composes the reply with its keywords. */
  readonly hello: 'accept' | PlainReply<RefusalCode>
  /** 250 opens the transaction. */
  readonly mail: Reply<250> | Refusal
  /** Any of the three takes the recipient. */
  readonly rcpt: Reply<250 | 251 | 252> | Refusal
  /** `go`: 354. */
  readonly 'data-start': 'go' | Refusal
  /** Under LMTP one stands for all recipients, or a list has one for each, in their order. */
  readonly 'data-end': Reply<250> | Refusal | readonly (Reply<250> | Refusal)[]
  /** 334 asks for another line. With an identity the client has authenticated. */
  readonly verb: Reply | { readonly reply: Reply<235>; readonly identity: string }
  /** What is known of the argument, or that nothing is told. */
  readonly lookup: Reply<250 | 251 | 252> | Refusal
}

/** The answer an event takes. */
export type AnswerTo<E extends { readonly kind: string }> = E['kind'] extends keyof Answers ? Answers[E['kind']] : never
