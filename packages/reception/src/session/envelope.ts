import type { CommitOptions, Envelope } from '@angarium/queue'
import {
  type AnyExtension,
  encodeUtf8,
  type ForwardPath,
  formatMailbox,
  type RawParameter,
  type ReversePath,
} from '@angarium/smtp-wire'
import { type SessionFacts, type TransactionFacts, unknownAddress } from './facts.ts'
import { envelopeParameters, type Wishes } from './wishes.ts'

/** As received, but for where it goes and how urgent it is. @rfc 5321 2.3.1 */
export function envelopeOf<X extends readonly AnyExtension[]>(
  transaction: TransactionFacts<X>,
  wishes: Wishes,
): Envelope {
  return {
    reversePath: mailboxText(transaction.reversePath),
    parameters: envelopeParameters(transaction, wishes),
    recipients: transaction.recipients.map(({ address, raw, destination }) => ({
      address,
      parameters: raw,
      destination,
    })),
  }
}

/** Whose mail it is, and who brought it: for the queue's turns and rate limits. Who has not logged in goes by the domain. */
export function originOf({ identity, peer }: SessionFacts): Pick<CommitOptions, 'sender' | 'source'> {
  return {
    ...(identity !== undefined && canBeSender(identity) && { sender: identity }),
    ...(peer.address !== unknownAddress && { source: peer.address }),
  }
}

/** Empty is the null reverse-path's; longer than that the queue takes none. */
function canBeSender(identity: string): boolean {
  const most = 255
  return identity !== '' && identity.length <= most && encodeUtf8(identity).length <= most
}

/** Without brackets; empty for the null reverse-path. */
export function mailboxText(path: ReversePath | ForwardPath): string {
  if (path.kind === 'mailbox') return formatMailbox(path)
  return path.kind === 'null' ? '' : 'Postmaster'
}

/** What the peer declares to send. Its grammar was checked where SIZE is offered. @rfc 1870 6.1 */
export function sizeHint(raw: readonly RawParameter[]): { readonly size?: number } {
  const declared = raw.find(([keyword]) => keyword === 'SIZE')?.[1]
  return declared === undefined ? {} : { size: Number.parseInt(declared, 10) }
}
