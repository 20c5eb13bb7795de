import type { ClientMechanism } from '../client/contract.ts'
import { preparedText, preparedToken } from '../client/credentials.ts'
import { decodeUtf8, encodeUtf8, nothing } from '../octets.ts'
import type { ServerMechanism, TokenRefusal } from '../server/contract.ts'
import { challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'
import { judgeToken, KVSEP, readBearer, readPairs, readRefusal, type TokenCredentials } from './token.ts'

/**
 * XOAUTH2, server half: Google's mechanism from before OAUTHBEARER, which many clients still speak. Offered on encrypted
 * channels only. No RFC describes it.
 *
 * `message = "user=" user %x01 "auth=Bearer " token %x01 %x01`
 */
export function xoauth2Server(): ServerMechanism {
  return {
    name: 'XOAUTH2',
    strength: strength.XOAUTH2,
    available: ({ encrypted }) => encrypted,
    *run(_context, initial) {
      const text = decodeUtf8(initial ?? (yield* challenge(nothing)))
      const end = text?.indexOf(KVSEP) ?? -1
      if (text === undefined || end < 0 || !text.startsWith('user=')) return failure('malformed')
      const token = readBearer(readPairs(text.slice(end + 1))?.get('auth'))
      if (token === undefined) return failure('malformed')
      const names = prepared([encodeUtf8(text.slice('user='.length, end))])
      if (typeof names === 'string') return failure(names)
      return yield* judgeToken({ token, authzid: names[0] ?? '', host: undefined, port: undefined }, writeRefusal)
    },
  }
}

/**
 * XOAUTH2, client half. Used on encrypted channels only. When the server refuses the token, the last `respond` step
 * carries its `refusal`, whose status then is an HTTP status.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 */
export function xoauth2Client(credentials: TokenCredentials): ClientMechanism {
  const user = preparedText(credentials.authzid ?? '', 'authzid')
  const token = preparedToken(credentials.token)
  return {
    name: 'XOAUTH2',
    strength: strength.XOAUTH2,
    available: ({ encrypted }) => encrypted,
    *run() {
      const error = yield {
        octets: encodeUtf8(`user=${user}${KVSEP}auth=Bearer ${token}${KVSEP}${KVSEP}`),
        complete: true,
      }
      const refusal = readRefusal(error)
      if (refusal === undefined) return 'malformed'
      yield { octets: nothing, complete: false, refusal }
      return 'unexpected-challenge'
    },
  }
}

/** The status is that of HTTP; clients look for the scheme. */
function writeRefusal({ status, scope }: TokenRefusal): string {
  const http = status === 'invalid_token' ? '401' : status === 'insufficient_scope' ? '403' : '400'
  return JSON.stringify({ status: http, schemes: 'bearer', scope })
}
