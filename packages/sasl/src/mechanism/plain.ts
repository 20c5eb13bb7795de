import type { ClientMechanism } from '../client/contract.ts'
import { type PasswordCredentials, preparedText } from '../client/credentials.ts'
import { encodeUtf8, nothing } from '../octets.ts'
import { Secret } from '../secret.ts'
import type { ServerMechanism } from '../server/contract.ts'
import { ask, authorize, challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'

/**
 * PLAIN, server half. Offered on encrypted channels only.
 *
 * `message = [authzid] UTF8NUL authcid UTF8NUL passwd`
 *
 * @rfc 4616 2
 */
export function plainServer(): ServerMechanism {
  return {
    name: 'PLAIN',
    strength: strength.PLAIN,
    available: ({ encrypted }) => encrypted,
    *run(_context, initial) {
      const message = initial ?? (yield* challenge(nothing))
      const first = message.indexOf(0)
      const second = message.indexOf(0, first + 1)
      if (first < 0 || second < 0) return failure('malformed')
      // A third NUL stays in the password, where it is malformed.
      const fields = [message.subarray(first + 1, second), message.subarray(second + 1)]
      const texts = prepared(first === 0 ? fields : [...fields, message.subarray(0, first)])
      if (typeof texts === 'string') return failure(texts)
      const [authcid = '', password = '', authzid = ''] = texts
      const verdict = yield* ask({ kind: 'password', authcid, password: new Secret(password) })
      return verdict === 'accepted' ? yield* authorize(authcid, authzid) : failure(verdict)
    },
  }
}

/**
 * PLAIN, client half. Used on encrypted channels only.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 * @rfc 4616 2
 */
export function plainClient(credentials: PasswordCredentials): ClientMechanism {
  const authzid = credentials.authzid === undefined ? '' : preparedText(credentials.authzid, 'authzid')
  const authcid = preparedText(credentials.authcid, 'authcid')
  const password = preparedText(credentials.password.reveal(), 'password')
  return {
    name: 'PLAIN',
    strength: strength.PLAIN,
    available: ({ encrypted }) => encrypted,
    *run() {
      yield { octets: encodeUtf8(`${authzid}\0${authcid}\0${password}`), complete: true }
      return 'unexpected-challenge'
    },
  }
}
