import { type RelayParameters, relayParameters } from '@angarium/dsn'
import { remainingBy } from '@angarium/esmtp-extensions'
import type { EnvelopeParameter, Instant, Lease, LeasedRecipient } from '@angarium/queue'
import type { HostAbilities } from '../plan/host.ts'

/**
 * Parameters a message goes on with, before the extensions have their say: which of them the host may have, and in what
 * form, is for each one's own. Those of DSN are as RFC 3461 wants them, BY tells the time that remains, and the hold of a
 * future release ends here.
 *
 * @param secured the host is known to be the right one, by a certificate and by authentic DNS or configuration
 * @returns `undefined`: the time that the sender set is over
 * @rfc 3461 5.2.1, 5.2.2
 * @rfc 2852 4.1.4
 * @rfc 4865 4.2
 * @rfc 8689 2
 */
export function outgoingParameters(
  { parameters, acceptedAt }: Lease,
  recipients: readonly LeasedRecipient[],
  { keywords, protocol }: HostAbilities,
  secured: boolean,
  now: Instant,
): RelayParameters | undefined {
  const { mail, rcpt } = relayParameters({ parameters, arrival: acceptedAt, now }, recipients, keywords)
  const sent: EnvelopeParameter[] = []
  for (const parameter of mail) {
    const [keyword, value = ''] = parameter
    if (ending.has(keyword) || (keyword === 'REQUIRETLS' && !secured)) continue
    if (keyword !== 'BY') sent.push(parameter)
    else if (keywords.has('DELIVERBY') || protocol === 'smtp') {
      const remaining = remainingBy(value, (now - acceptedAt) / 1000)
      if (remaining === undefined) return undefined
      sent.push([keyword, remaining])
    }
  }
  return { mail: sent, rcpt }
}

const ending: ReadonlySet<string> = new Set(['HOLDFOR', 'HOLDUNTIL'])
