import type { AnyExtension } from '../extension/types.ts'
import type {
  AnswerTo,
  DataEndEvent,
  DataStartEvent,
  FaultEvent,
  GreetEvent,
  HelloEvent,
  LookupEvent,
  MailEvent,
  RcptEvent,
  TransactionOutcome,
  VerbEvent,
} from '../server/events.ts'
import type { TlsInfo } from './transport.ts'

/** A value, or a promise of one. Answers given at once cost no turn of the event loop. */
export type Soon<T> = T | Promise<T>

/**
 * Who answers a driven server session. Methods are called one at a time, in the order of the peer's commands; the next
 * waits for the promise of the one before. One that throws or rejects is a fault of ours: the peer gets 451 4.3.0, the
 * driver logs and the session goes on.
 */
export interface ServerHandler<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  greet(event: GreetEvent): Soon<AnswerTo<GreetEvent>>
  hello(event: HelloEvent): Soon<AnswerTo<HelloEvent>>
  mail(event: MailEvent<X>): Soon<AnswerTo<MailEvent<X>>>
  rcpt(event: RcptEvent<X>): Soon<AnswerTo<RcptEvent<X>>>
  dataStart(event: DataStartEvent<X>): Soon<AnswerTo<DataStartEvent<X>>>
  /**
   * A view, gone when this returns or its promise settles. While a promise is pending nothing is read from the peer. After
   * a failure the rest of the content is swallowed, and `dataEnd` is not asked.
   */
  body(octets: Uint8Array): void | Promise<void>
  dataEnd(event: DataEndEvent<X>): Soon<AnswerTo<DataEndEvent<X>>>
  verb(event: VerbEvent): Soon<AnswerTo<VerbEvent>>
  lookup(event: LookupEvent): Soon<AnswerTo<LookupEvent>>
  /** Called exactly once for every MAIL answered 250, on every way out; what was begun must be let go of here. */
  ended(outcome: TransactionOutcome): void | Promise<void>
  /** The peer did something wrong and has been told. */
  fault(event: FaultEvent): void
  /** TLS is up; everything said before it is forgotten. */
  secured(tls: TlsInfo): void
  /** The session is over. Called once. */
  closed(): void
}
