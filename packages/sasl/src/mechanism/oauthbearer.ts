import type { ClientMechanism } from '../client/contract.ts'
import { preparedText, preparedToken } from '../client/credentials.ts'
import { decodeUtf8, encodeUtf8, nothing, readPositive } from '../octets.ts'
import { readGs2Header, writeSaslname } from '../scram/message.ts'
import type { ServerMechanism, TokenRefusal } from '../server/contract.ts'
import { challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'
import { judgeToken, KVSEP, preparedHost, readBearer, readPairs, readRefusal, type TokenCredentials } from './token.ts'

/**
 * OAUTHBEARER, server half. Offered on encrypted channels only. The token is looked into by the caller, which has to
 * compare `host` and `port` with its own where the client gives them.
 *
 * `client-resp = gs2-header kvsep *kvpair kvsep`
 *
 * @rfc 7628 3.1
 */
export function oauthBearerServer(): ServerMechanism {
  return {
    name: 'OAUTHBEARER',
    strength: strength.OAUTHBEARER,
    available: ({ encrypted }) => encrypted,
    *run(_context, initial) {
      const text = decodeUtf8(initial ?? (yield* challenge(nothing)))
      const header = text === undefined ? undefined : readGs2Header(text)
      if (text === undefined || header === undefined || text[header.end] !== KVSEP) return failure('malformed')
      if (typeof header.binding === 'object') return failure('channel-binding')
      const pairs = readPairs(text.slice(header.end + 1))
      const token = readBearer(pairs?.get('auth'))
      if (pairs === undefined || token === undefined) return failure('malformed')
      const names = prepared(header.authzid === '' ? [] : [encodeUtf8(header.authzid)])
      if (typeof names === 'string') return failure(names)
      const host = pairs.get('host')
      const portText = pairs.get('port')
      const port = portText === undefined ? undefined : readPositive(portText)
      if (portText !== undefined && port === undefined) return failure('malformed')
      return yield* judgeToken({ token, authzid: names[0] ?? '', host, port }, writeRefusal)
    },
  }
}

/**
 * OAUTHBEARER, client half. Used on encrypted channels only. When the server refuses the token, the last `respond` step
 * carries its `refusal`.
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 * @rfc 7628 3.1
 */
export function oauthBearerClient(credentials: TokenCredentials): ClientMechanism {
  const authzid =
    credentials.authzid === undefined ? '' : `a=${writeSaslname(preparedText(credentials.authzid, 'authzid'))}`
  const token = preparedToken(credentials.token)
  const host = preparedHost(credentials)
  return {
    name: 'OAUTHBEARER',
    strength: strength.OAUTHBEARER,
    available: ({ encrypted }) => encrypted,
    *run() {
      const error = yield {
        octets: encodeUtf8(`n,${authzid},${KVSEP}${host}auth=Bearer ${token}${KVSEP}${KVSEP}`),
        complete: true,
      }
      const refusal = readRefusal(error)
      if (refusal === undefined) return 'malformed'
      yield { octets: encodeUtf8(KVSEP), complete: false, refusal }
      return 'unexpected-challenge'
    },
  }
}

function writeRefusal({ status, scope, openidConfiguration }: TokenRefusal): string {
  return JSON.stringify({ status, scope, 'openid-configuration': openidConfiguration })
}
