import type { ClientMechanism } from '../client/contract.ts'
import { preparedText } from '../client/credentials.ts'
import { encodeUtf8, nothing } from '../octets.ts'
import type { ServerMechanism } from '../server/contract.ts'
import { authorize, challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'

/**
 * EXTERNAL, server half: whom the TLS client certificate shows, `Channel.clientIdentity`. Offered where there is one.
 *
 * `message = [authzid]`
 *
 * @rfc 4422 A
 */
export function externalServer(): ServerMechanism {
  return {
    name: 'EXTERNAL',
    strength: strength.EXTERNAL,
    available: ({ clientIdentity }) => clientIdentity !== undefined && clientIdentity !== '',
    *run({ channel: { clientIdentity = '' } }, initial) {
      const message = initial ?? (yield* challenge(nothing))
      const names = prepared(message.length === 0 ? [] : [message])
      return typeof names === 'string' ? failure(names) : yield* authorize(clientIdentity, names[0] ?? '')
    },
  }
}

/**
 * EXTERNAL, client half, for whoever showed a certificate in the TLS handshake.
 * @param authzid whom to act as; without it the server derives that from the certificate.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 * @rfc 4422 A
 */
export function externalClient(authzid?: string): ClientMechanism {
  const message = authzid === undefined ? nothing : encodeUtf8(preparedText(authzid, 'authzid'))
  return {
    name: 'EXTERNAL',
    strength: strength.EXTERNAL,
    available: ({ encrypted }) => encrypted,
    *run() {
      yield { octets: message, complete: true }
      return 'unexpected-challenge'
    },
  }
}
