import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ClientMechanism } from '../client/contract.ts'
import { badCredentials, type PasswordCredentials, preparedText } from '../client/credentials.ts'
import { encodeUtf8 } from '../octets.ts'
import type { ServerMechanism } from '../server/contract.ts'
import { ask, authorize, challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'

/**
 * CRAM-MD5, server half, for clients that have nothing better: the server has to keep the password itself. No set of
 * mechanisms includes it.
 *
 * @param host the server's name, part of the challenge.
 * @throws SaslError `SASL_BAD_CREDENTIALS` for a host that would break the challenge.
 * @rfc 2195 2
 */
export function cramMd5Server(host: string): ServerMechanism {
  if (!/^[A-Za-z0-9.:[\]-]{1,255}$/.test(host)) throw badCredentials('host')
  return {
    name: 'CRAM-MD5',
    strength: strength['CRAM-MD5'],
    available: () => true,
    *run({ nonce }, initial) {
      if (initial !== undefined) return failure('unexpected-initial-response')
      const sent = encodeUtf8(`<${nonce()}@${host}>`)
      const response = yield* challenge(sent)
      const space = response.lastIndexOf(SP)
      if (space < 0) return failure('malformed')
      const names = prepared([response.subarray(0, space)])
      if (typeof names === 'string') return failure(names)
      const [authcid = ''] = names
      const given = response.slice(space + 1)
      const found = yield* ask({ kind: 'secret', authcid })
      if (found === 'unavailable') return failure(found)
      // An unknown user costs the same digest.
      const password = found === 'unknown' ? nonce() : found.reveal()
      const expected = encodeUtf8(digestOf(password, sent))
      const right = given.length === expected.length && timingSafeEqual(given, expected)
      return right && found !== 'unknown' ? yield* authorize(authcid, '') : failure('refused')
    },
  }
}

/**
 * CRAM-MD5, client half. It does not verify the server; no set of mechanisms includes it.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 * @rfc 2195 2
 */
export function cramMd5Client(credentials: PasswordCredentials): ClientMechanism {
  const authcid = preparedText(credentials.authcid, 'authcid')
  const password = preparedText(credentials.password.reveal(), 'password')
  return {
    name: 'CRAM-MD5',
    strength: strength['CRAM-MD5'],
    available: () => credentials.authzid === undefined,
    *run() {
      const sent = yield { octets: undefined, complete: false }
      yield { octets: encodeUtf8(`${authcid} ${digestOf(password, sent)}`), complete: true }
      return 'unexpected-challenge'
    },
  }
}

function digestOf(password: string, sent: Uint8Array): string {
  return createHmac('md5', password).update(sent).digest('hex')
}

const SP = 0x20
