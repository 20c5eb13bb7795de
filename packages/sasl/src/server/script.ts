import { decodeUtf8 } from '../octets.ts'
import { prepareQuery } from '../prepare/stringprep.ts'
import type { Need, NeedAnswer, NeedKind, ServerAsk, ServerEnd, ServerFailure, ServerScript } from './contract.ts'

/** Sends a challenge; gives the client's response. */
export function* challenge(octets: Uint8Array): Generator<ServerAsk, Uint8Array, unknown> {
  return (yield { kind: 'challenge', octets }) as Uint8Array
}

/** Asks the caller; gives its answer. */
export function* ask<K extends NeedKind>(need: Need<K>): Generator<ServerAsk, NeedAnswer<K>, unknown> {
  return (yield { kind: 'need', need: need as Need }) as NeedAnswer<K>
}

/** Ends an exchange in vain. */
export function failure(reason: ServerFailure): ServerEnd {
  return { kind: 'failure', reason }
}

/**
 * The last part of every exchange: somebody is authenticated, and may want to act as another.
 * @param authzid prepared; empty when the client asked for none.
 */
export function* authorize(authcid: string, authzid: string): ServerScript {
  if (authzid !== '' && authzid !== authcid) {
    const verdict = yield* ask({ kind: 'authorization', authcid, authzid })
    if (verdict !== 'accepted') return failure(verdict === 'refused' ? 'not-authorized' : verdict)
  }
  return { kind: 'success', identity: { authcid, authzid: authzid || authcid } }
}

/**
 * Names and passwords as the client sent them, prepared.
 * @returns the reason to fail when one is not UTF-8, empty, or nothing that SASLprep allows.
 */
export function prepared(fields: readonly Uint8Array[]): readonly string[] | 'malformed' | 'refused' {
  const texts: string[] = []
  for (const octets of fields) {
    const text = octets.length === 0 || octets.includes(0) ? undefined : decodeUtf8(octets)
    if (text === undefined) return 'malformed'
    const ready = prepareQuery(text)
    if (ready === undefined || ready === '') return 'refused'
    texts.push(ready)
  }
  return texts
}
