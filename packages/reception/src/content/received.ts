import { formatReceived, transmissionType } from '@angarium/imf-parser'
import type { Instant, QueueId } from '@angarium/queue'
import { type AnyExtension, encodeUtf8, formatMailbox } from '@angarium/smtp-wire'
import { type TransactionFacts, unknownAddress } from '../session/facts.ts'
import type { Wishes } from '../session/wishes.ts'

/**
 * The Received field of a message about to be received, as octets with its CRLF. It names the recipient only where
 * there is just one, so that no recipient learns of another. Dates are in UTC with an explicit offset: this host may
 * have no zone of its own.
 *
 * @rfc 5321 4.4
 * @rfc 5321 7.2
 * @rfc 3848 1
 * @rfc 6531 4.3
 * @rfc 6710 7
 */
export function receivedField<X extends readonly AnyExtension[]>(
  transaction: TransactionFacts<X>,
  { priority }: Wishes,
  hostname: string,
  id: QueueId,
  now: Instant,
): Uint8Array {
  const { session, recipients, parameters } = transaction
  const { peer, protocol, tls, hello, identity, assumed } = session
  const utf8 = 'SMTPUTF8' in parameters
  const only = recipients.length === 1 ? recipients[0]?.forwardPath : undefined
  const field = formatReceived(
    {
      hello: hello?.name ?? 'unknown',
      ...(peer.address !== unknownAddress && { address: peer.address }),
      ...(assumed?.name !== undefined && { reverseName: assumed.name }),
      ...(priority !== 0 && { priority }),
      by: hostname,
      with: transmissionType({
        protocol,
        extended: hello?.extended === true,
        tls: tls !== undefined,
        authenticated: identity !== undefined,
        utf8,
      }),
      id,
      ...(only?.kind === 'mailbox' ? { for: formatMailbox(only) } : {}),
      ...(tls === undefined ? {} : { tls: { version: tls.protocol, cipher: tls.cipher } }),
      instant: now,
    },
    { utf8 },
  )
  return encodeUtf8(field)
}
