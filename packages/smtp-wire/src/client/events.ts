import type { Offers } from '../extension/types.ts'
import type { Reply } from '../reply/reply.ts'
import type { ClientPhase, Loss, RecipientResult } from './contract.ts'

/** The hello was accepted, also the one after TLS: the session takes a transaction or a command. */
export interface ReadyEvent {
  readonly kind: 'ready'
  readonly greeting: Reply
  readonly hello: Reply
  readonly offers: Offers
}
/** The server does not want this client. QUIT is in the output unless the server said 421; the session is closing. */
export interface RefusedEvent {
  readonly kind: 'refused'
  readonly phase: 'greeting' | 'hello'
  readonly reply: Reply
}
/** The reply to STARTTLS, RSET, QUIT or another command. After a positive one to STARTTLS the mode is `want-tls`. */
export interface ReplyEvent {
  readonly kind: 'reply'
  readonly phase: 'starttls' | 'rset' | 'verb' | 'quit'
  readonly reply: Reply
}
/** At least one recipient was accepted, and the server waits for content: it is to be sent now. */
export interface ContentEvent {
  readonly kind: 'content'
}
/** A transaction is over. Results are in the order of its recipients. */
export interface FinishedEvent {
  readonly kind: 'finished'
  readonly recipients: readonly RecipientResult[]
}
/** The session is over; if a transaction was under way, `finished` came first. */
export interface LostEvent {
  readonly kind: 'lost'
  readonly loss: Loss
  readonly phase: ClientPhase
  /** The reply that ended it, where there was one. */
  readonly reply?: Reply
}

/** Everything a client session tells, as plain data. */
export type ClientEvent = ReadyEvent | RefusedEvent | ReplyEvent | ContentEvent | FinishedEvent | LostEvent
