import type { ClientMechanism } from '../client/contract.ts'
import { type PasswordCredentials, preparedText } from '../client/credentials.ts'
import { encodeUtf8 } from '../octets.ts'
import { Secret } from '../secret.ts'
import type { ServerMechanism } from '../server/contract.ts'
import { ask, authorize, challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'

/**
 * LOGIN, server half. Offered on encrypted channels only.
 *
 * Described by draft-murchison-sasl-login-00. Deviations: the challenges are those that old clients look for, the draft
 * allows them; an initial response is taken for the user name, since many clients send it; names may be longer than 64
 * characters; passwords are UTF-8 and prepared as in PLAIN, so that one password serves both.
 */
export function loginServer(): ServerMechanism {
  return {
    name: 'LOGIN',
    strength: strength.LOGIN,
    available: ({ encrypted }) => encrypted,
    *run(_context, initial) {
      const name = prepared([initial ?? (yield* challenge(encodeUtf8('Username:')))])
      // A name that is none gets to the password too, so that the fault does not tell one from the other.
      const password = prepared([yield* challenge(encodeUtf8('Password:'))])
      if (typeof name === 'string') return failure(name)
      if (typeof password === 'string') return failure(password)
      const [authcid = ''] = name
      const verdict = yield* ask({ kind: 'password', authcid, password: new Secret(password[0] ?? '') })
      return verdict === 'accepted' ? yield* authorize(authcid, '') : failure(verdict)
    },
  }
}

/**
 * LOGIN, client half, for servers that have nothing better. Used on encrypted channels only. What the challenges say is
 * ignored.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 */
export function loginClient(credentials: PasswordCredentials): ClientMechanism {
  const authcid = preparedText(credentials.authcid, 'authcid')
  const password = preparedText(credentials.password.reveal(), 'password')
  return {
    name: 'LOGIN',
    strength: strength.LOGIN,
    // It cannot carry an authorization identity, and logging in as somebody else than asked for would be worse.
    available: ({ encrypted }) => encrypted && credentials.authzid === undefined,
    *run() {
      yield { octets: undefined, complete: false }
      yield { octets: encodeUtf8(authcid), complete: false }
      yield { octets: encodeUtf8(password), complete: true }
      return 'unexpected-challenge'
    },
  }
}
