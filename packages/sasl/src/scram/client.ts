import { timingSafeEqual } from 'node:crypto'
import { encodeBase64 } from '../base64.ts'
import { preferredBinding } from '../channel.ts'
import type { ClientContext, ClientMechanism } from '../client/contract.ts'
import { type PasswordCredentials, preparedText } from '../client/credentials.ts'
import { concat, encodeUtf8, nothing } from '../octets.ts'
import { strength } from '../strength.ts'
import { hmac, keysOf, saltedPassword, xor } from './keys.ts'
import { readServerFinal, readServerFirst, type ServerFirst, writeSaslname } from './message.ts'
import type { ScramHash } from './verifier.ts'

/** How much work a server may ask of a client. */
export interface ScramClientSettings {
  /** Fewer iterations than this are `weak`: they would help whoever listens to guess. Default 4096. @rfc 5802 5.1 */
  readonly leastIterations?: number
  /** More than this are `weak` too: the work blocks the thread. Default 1,000,000, up to a second. @rfc 5802 9 */
  readonly mostIterations?: number
}

/**
 * SCRAM, client half: the mechanism and its -PLUS variant, which is used wherever the server offers it and the channel
 * has binding data. Keep the result for the next connection: it remembers the last salted password, the costly part.
 *
 * @throws SaslError `SASL_BAD_CREDENTIALS`
 * @rfc 5802 5
 * @rfc 7677 3
 */
export function scramClients(
  hash: ScramHash,
  credentials: PasswordCredentials,
  settings: ScramClientSettings = {},
): readonly ClientMechanism[] {
  const { leastIterations = 4096, mostIterations = 1_000_000 } = settings
  const authcid = writeSaslname(preparedText(credentials.authcid, 'authcid'))
  const authzid =
    credentials.authzid === undefined ? '' : `a=${writeSaslname(preparedText(credentials.authzid, 'authzid'))}`
  const password = preparedText(credentials.password.reveal(), 'password')
  const salted = rememberLast(({ salt, iterations }) => saltedPassword(hash, password, salt, iterations))

  const variant = (plus: boolean): ClientMechanism => {
    const name = plus ? (`SCRAM-${hash}-PLUS` as const) : (`SCRAM-${hash}` as const)
    return {
      name,
      strength: strength[name],
      // Whoever can bind to the channel must, or a thief of the list of mechanisms goes unnoticed.
      available: (channel, offered) =>
        plus ? preferredBinding(channel) !== undefined : !(preferredBinding(channel) && offered.has(`${name}-PLUS`)),
      *run(context) {
        const bound = plus ? preferredBinding(context.channel) : undefined
        const gs2Header = `${bound === undefined ? flag(context) : `p=${bound.type}`},${authzid},`
        const nonce = context.nonce()
        const bare = `n=${authcid},r=${nonce}`

        const first = readServerFirst(yield { octets: encodeUtf8(gs2Header + bare), complete: false })
        if (first === undefined) return 'malformed'
        if (first === 'refused') return 'refused'
        if (!first.nonce.startsWith(nonce) || first.nonce.length === nonce.length) return 'malformed'
        if (first.iterations < leastIterations || first.iterations > mostIterations) return 'weak'

        const cbindInput = concat(encodeUtf8(gs2Header), bound?.data ?? nothing)
        const withoutProof = `c=${encodeBase64(cbindInput)},r=${first.nonce}`
        const authMessage = `${bare},${first.text},${withoutProof}`
        const { clientKey, storedKey, serverKey } = keysOf(hash, salted(first))
        const proof = xor(clientKey, hmac(hash, storedKey, authMessage))

        const last = yield { octets: encodeUtf8(`${withoutProof},p=${encodeBase64(proof)}`), complete: false }
        const signature = readServerFinal(last)
        if (signature === undefined) return 'malformed'
        if (signature === 'refused') return 'refused'
        const expected = hmac(hash, serverKey, authMessage)
        if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return 'server-unverified'
        yield { octets: nothing, complete: true }
        return 'unexpected-challenge'
      },
    }
  }
  return [variant(true), variant(false)]
}

/**
 * The flag of a client that does not bind: `y` when it could, but saw no -PLUS variant. A server that has one then knows
 * that somebody cut it from the list.
 * @rfc 5802 6
 */
function flag({ channel, offered }: ClientContext): 'n' | 'y' {
  if (preferredBinding(channel) === undefined) return 'n'
  for (const name of offered) if (name.startsWith('SCRAM-') && name.endsWith('-PLUS')) return 'n'
  return 'y'
}

/** Salt and iterations are the same at each log-in, until the password changes. @rfc 5802 5.1 */
function rememberLast(derive: (first: ServerFirst) => Uint8Array): (first: ServerFirst) => Uint8Array {
  let last: { readonly key: string; readonly salted: Uint8Array } | undefined
  return (first) => {
    const key = `${first.iterations} ${encodeBase64(first.salt)}`
    if (last?.key !== key) last = { key, salted: derive(first) }
    return last.salted
  }
}
