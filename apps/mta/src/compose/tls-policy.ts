import { createAddressMatcher, type PolicyStage } from '@angarium/reception'
import { type Refusal, reply } from '@angarium/smtp-wire'

/** From clients at these addresses no mail is taken in clear. @rfc 3207 4 */
export function createTlsPolicy(ranges: readonly string[]): PolicyStage {
  const mustEncrypt = createAddressMatcher(ranges)
  return {
    name: 'tls',
    mail: ({ session: { peer, tls } }) => (tls === undefined && mustEncrypt(peer.address) ? startTlsFirst : 'proceed'),
  }
}

const startTlsFirst: Refusal = reply(530, '7.0', 'Must issue a STARTTLS command first')
