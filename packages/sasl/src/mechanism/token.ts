import { badCredentials } from '../client/credentials.ts'
import { decodeUtf8, encodeUtf8 } from '../octets.ts'
import { Secret } from '../secret.ts'
import type { Needs, ServerScript, TokenRefusal } from '../server/contract.ts'
import { ask, authorize, challenge, failure } from '../server/script.ts'

/** What a client with a bearer token logs in with. */
export interface TokenCredentials {
  /** Whose mailbox; XOAUTH2 demands it. */
  readonly authzid?: string
  readonly token: Secret
  /** Name and port of the server as the client connected to it; OAUTHBEARER tells them. */
  readonly host?: string
  readonly port?: number
}

/** Separates the fields of both token mechanisms. */
export const KVSEP = '\u0001'

/**
 * Reads `*(key "=" value %x01) %x01`, which both token mechanisms end with.
 * @returns `undefined` for anything else, and for a key that comes twice.
 * @rfc 7628 3.1
 */
export function readPairs(text: string): ReadonlyMap<string, string> | undefined {
  if (!text.endsWith(KVSEP)) return undefined
  const pairs = new Map<string, string>()
  const fields = text.slice(0, -1).split(KVSEP)
  // The last pair has its own separator before the final one.
  if (fields.pop() !== '') return undefined
  for (const field of fields) {
    const match = /^([A-Za-z]+)=([\t\n\r\x20-\x7e]*)$/.exec(field)
    const [, key = '', value = ''] = match ?? []
    if (match === null || pairs.has(key)) return undefined
    pairs.set(key, value)
  }
  return pairs
}

/**
 * The token of an `auth` value. It may be empty: so does a client ask which scope it needs.
 * @returns `undefined` for another scheme, or for what can be no token.
 * @rfc 7628 4.3
 */
export function readBearer(auth: string | undefined): Secret | undefined {
  if (auth === '') return new Secret('')
  const match = /^bearer +([\x21-\x7e]+)$/i.exec(auth ?? '')
  return match === null ? undefined : new Secret(match[1] ?? '')
}

/** The common end: whose token is it, and if nobody's, the client hears why and answers once more before it fails. */
export function* judgeToken(
  claim: Needs['token']['ask'],
  refusalText: (refusal: TokenRefusal) => string,
): ServerScript {
  const answer = yield* ask({ kind: 'token', ...claim })
  if (answer === 'unavailable') return failure(answer)
  if ('authcid' in answer) return yield* authorize(answer.authcid, claim.authzid)
  yield* challenge(encodeUtf8(refusalText(answer.refused)))
  return failure('refused')
}

/**
 * Reads the server's JSON; of a peer's object only the three known fields, and only text.
 * @rfc 7628 3.2.2
 */
export function readRefusal(octets: Uint8Array): TokenRefusal | undefined {
  let value: unknown
  try {
    value = JSON.parse(decodeUtf8(octets) ?? '')
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const field = (name: string): string | undefined => {
    const found: unknown = Object.getOwnPropertyDescriptor(value, name)?.value
    return typeof found === 'string' ? found : undefined
  }
  const status = field('status')
  if (status === undefined) return undefined
  const scope = field('scope')
  const openidConfiguration = field('openid-configuration')
  return {
    status,
    ...(scope !== undefined && { scope }),
    ...(openidConfiguration !== undefined && { openidConfiguration }),
  }
}

/** @throws SaslError `SASL_BAD_CREDENTIALS` for a host or port that cannot be told. */
export function preparedHost({ host, port }: TokenCredentials): string {
  if (host !== undefined && !/^[\x21-\x7e]{1,255}$/.test(host)) throw badCredentials('host')
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) throw badCredentials('host')
  return (host === undefined ? '' : `host=${host}${KVSEP}`) + (port === undefined ? '' : `port=${port}${KVSEP}`)
}
