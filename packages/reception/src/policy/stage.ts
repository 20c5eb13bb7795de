import type { Millis, QueueId } from '@angarium/queue'
import type { AnyExtension, proceed, Reply, Verdict } from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import type { RecipientFacts, SessionFacts, TransactionFacts } from '../session/facts.ts'

/**
 * A decision that may take its time: a DNS list, a greylist, a filter. Every hook may be left out. Each is asked at its
 * point of the session, which stands still until the answer is there. Stages are asked in their order, and the first
 * refusal wins. A hook says `proceed` or a refusal that is legal at its point; it cannot say yes in the server's name.
 *
 * A hook that throws, rejects or exceeds its deadline has failed; what it says later is not heard.
 *
 * @rfc 5321 4.3.2
 */
export interface PolicyStage<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  /** For log lines. */
  readonly name: string
  /** What one hook may take. Default `ReceptionLimits.decisionMs`. */
  readonly deadlineMs?: Millis
  /** What a failure means. Default `refuse`: 451 4.3.0; at `connect` 421 4.3.0. */
  readonly onFailure?: 'refuse' | 'proceed'
  /** Before the greeting. @rfc 5321 3.1 */
  connect?(session: SessionFacts): Soon<typeof proceed | Reply<421 | 521 | 554>>
  /** After HELO, EHLO or LHLO, whose name `session.hello` has. */
  hello?(session: SessionFacts): Soon<Verdict>
  /** At MAIL; there are no recipients yet. */
  mail?(transaction: TransactionFacts<X>): Soon<Verdict>
  /** For a recipient that the recipient policy accepts; `transaction.recipients` are those before it. */
  rcpt?(recipient: RecipientFacts<X>, transaction: TransactionFacts<X>): Soon<Verdict>
  /** At DATA or the first BDAT: the last word before content comes. */
  dataStart?(transaction: TransactionFacts<X>): Soon<Verdict>
  /** All content is there, and nothing is promised yet. */
  message?(message: MessageFacts, transaction: TransactionFacts<X>): Soon<Verdict>
}

/** Points of a session at which something may be refused. */
export type StageHook = 'connect' | 'hello' | 'mail' | 'rcpt' | 'dataStart' | 'message'

/** What is known of a message whose content is complete. */
export interface MessageFacts {
  readonly id: QueueId
  /** Octets received; our Received field is not among them. */
  readonly octets: number
  /** Received fields it came with. */
  readonly received: number
}
