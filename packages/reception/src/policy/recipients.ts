import type { DestinationKey } from '@angarium/queue'
import type { AnyExtension, RcptEvent, Refusal } from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import type { TransactionFacts } from '../session/facts.ts'

/** What a recipient policy says of one recipient. */
export type RecipientDecision =
  | {
      readonly kind: 'accept'
      /** Mailbox for the envelope, without brackets: the one given, or the one it stands for. */
      readonly address: string
      readonly destination: DestinationKey
    }
  | { readonly kind: 'refuse'; readonly reply: Refusal }

/**
 * Decides whose mail this host takes, and where it goes. Asked once for each RCPT, before any stage. A policy that
 * throws, rejects or exceeds `ReceptionLimits.decisionMs` is answered by 451 4.3.0.
 *
 * @rfc 5321 3.6.2
 */
export interface RecipientPolicy<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  rcpt(recipient: RcptEvent<X>, transaction: TransactionFacts<X>): Soon<RecipientDecision>
}
