import { timingSafeEqual } from 'node:crypto'
import { encodeBase64 } from '../base64.ts'
import { type Channel, channelBindingTypes } from '../channel.ts'
import { SaslError } from '../error.ts'
import { concat, encodeUtf8, nothing } from '../octets.ts'
import type { Secret } from '../secret.ts'
import type { ServerContext, ServerMechanism } from '../server/contract.ts'
import { ask, authorize, challenge, failure, prepared } from '../server/script.ts'
import { strength } from '../strength.ts'
import { defaultIterations, digest, hashOctets, hmac, saltOctets, xor } from './keys.ts'
import { type ClientFirst, readClientFinal, readClientFirst } from './message.ts'
import type { ScramHash, ScramVerifier } from './verifier.ts'

/** What a SCRAM server needs to keep unknown users from being told apart from known ones. */
export interface ScramServerSettings {
  /** At least 16 octets, secret and lasting: the salts of unknown users follow from it, and must not change. */
  readonly decoySecret: Secret
  /** Iterations told to unknown users: those of nearly all records. Default 15,000. */
  readonly decoyIterations?: number
}

/**
 * SCRAM, server half: the mechanism and its -PLUS variant, which is offered where binding data are at hand.
 *
 * The server's signature travels as a last challenge, and a failure without a `server-final-message`, as section 5.1
 * allows.
 *
 * @throws SaslError `SASL_BAD_CREDENTIALS` for a decoy secret that is too short.
 * @rfc 5802 5
 * @rfc 7677 3
 */
export function scramServers(hash: ScramHash, settings: ScramServerSettings): readonly ServerMechanism[] {
  if (settings.decoySecret.reveal().length < 16) {
    throw new SaslError('SASL_BAD_CREDENTIALS', 'the decoy secret needs at least 16 characters', {
      what: 'decoySecret',
    })
  }
  return [variant(hash, settings, true), variant(hash, settings, false)]
}

function variant(hash: ScramHash, settings: ScramServerSettings, plus: boolean): ServerMechanism {
  const name = plus ? (`SCRAM-${hash}-PLUS` as const) : (`SCRAM-${hash}` as const)
  return {
    name,
    strength: strength[name],
    available: (channel) => !plus || channelBindingTypes.some((type) => channel.bindings?.[type] !== undefined),
    *run(context, initial) {
      const first = readClientFirst(initial ?? (yield* challenge(nothing)))
      if (first === undefined) return failure('malformed')
      const bound = boundTo(first, context, plus)
      if (bound === undefined) return failure('channel-binding')
      const names = prepared([first.authcid, first.authzid].filter((sent) => sent !== '').map(encodeUtf8))
      if (typeof names === 'string') return failure(names)
      const [authcid = '', authzid = ''] = names

      const found = yield* ask({ kind: 'verifier', authcid, hash })
      if (found === 'unavailable') return failure(found)
      // Made for everybody, so that it costs the same for everybody.
      const madeUp = decoy(hash, authcid, settings)
      const known = found !== 'unknown' && found.hash === hash
      const verifier = known ? found : madeUp
      const nonce = first.nonce + context.nonce()
      const serverFirst = `r=${nonce},s=${encodeBase64(verifier.salt)},i=${verifier.iterations}`

      const final = readClientFinal(yield* challenge(encodeUtf8(serverFirst)))
      if (final === undefined || final.nonce !== nonce) return failure('malformed')
      if (!same(final.binding, concat(encodeUtf8(first.gs2Header), bound))) return failure('channel-binding')
      const authMessage = `${first.bare},${serverFirst},${final.withoutProof}`
      const proven = proves(verifier, final.proof, authMessage)
      if (!known || !proven) return failure('refused')

      const end = yield* authorize(authcid, authzid)
      if (end.kind === 'failure') return end
      const signature = hmac(hash, verifier.serverKey, authMessage)
      const last = yield* challenge(encodeUtf8(`v=${encodeBase64(signature)}`))
      return last.length === 0 ? end : failure('malformed')
    },
  }
}

/**
 * The binding data that the client has to repeat; empty without channel binding.
 * @returns `undefined` when its flag does not go with the mechanism, the type is none of ours, or it was made to believe
 *   that we have no -PLUS variant.
 * @rfc 5802 6
 */
function boundTo(first: ClientFirst, { channel, offered }: ServerContext, plus: boolean): Uint8Array | undefined {
  const { binding } = first
  if (typeof binding === 'object') return plus ? bindingData(channel, binding.type) : undefined
  if (plus) return undefined
  const offeredPlus = offered.some((name) => name.startsWith('SCRAM-') && name.endsWith('-PLUS'))
  return binding === 'y' && offeredPlus ? undefined : nothing
}

function bindingData(channel: Channel, type: string): Uint8Array | undefined {
  const known = channelBindingTypes.find((one) => one === type)
  return known && channel.bindings?.[known]
}

/** Whether the client knows the key behind the verifier. @rfc 5802 3 */
function proves(verifier: ScramVerifier, proof: Uint8Array, authMessage: string): boolean {
  const { hash, storedKey } = verifier
  const clientKey = xor(hmac(hash, storedKey, authMessage), proof)
  return proof.length === hashOctets[hash] && same(digest(hash, clientKey), storedKey)
}

/** A verifier that no password fits, the same for each name for ever. */
function decoy(hash: ScramHash, authcid: string, settings: ScramServerSettings): ScramVerifier {
  const key = hmac('SHA-512', encodeUtf8(settings.decoySecret.reveal()), `${hash} ${authcid}`)
  return {
    hash,
    iterations: settings.decoyIterations ?? defaultIterations,
    salt: key.subarray(0, saltOctets),
    storedKey: hmac(hash, key, 'stored'),
    serverKey: hmac(hash, key, 'server'),
  }
}

/** Compares in a time that depends on the lengths only. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
