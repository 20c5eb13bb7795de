import { timingSafeEqual } from 'node:crypto'
import { badCredentials } from '../client/credentials.ts'
import { unpredictable } from '../gather.ts'
import { prepareStored } from '../prepare/stringprep.ts'
import { saltOctets } from '../scram/keys.ts'
import type { ScramHash, ScramVerifier } from '../scram/verifier.ts'
import type { Secret } from '../secret.ts'
import {
  type Argon2Scheme,
  checkLimits,
  derive,
  deriveVerifier,
  isOfScheme,
  keyOctets,
  type Scheme,
  type ScramScheme,
  type ScryptScheme,
} from './scheme.ts'

/** What is kept of a password, by scheme. */
export type CredentialRecord =
  | (ScramScheme & ScramVerifier)
  | ((ScryptScheme | Argon2Scheme) & { readonly salt: Uint8Array; readonly key: Uint8Array })

/**
 * Makes a record of a new password. Costs what the scheme costs, on the calling thread: a server calls it in a worker.
 *
 * @throws SaslError `SASL_BAD_CREDENTIALS` for a password that SASLprep refuses, `SASL_BAD_SCHEME` for parameters out
 *   of their limits, `SASL_UNSUPPORTED` where Argon2 is missing.
 * @rfc 5802 2.2
 */
export function createRecord(
  password: Secret,
  scheme: Scheme,
  random: (count: number) => Uint8Array = unpredictable,
): CredentialRecord {
  checkLimits(scheme)
  const text = prepareStored(password.reveal())
  if (text === undefined || text === '') throw badCredentials('password')
  const salt = random(saltOctets)
  if (scheme.kind === 'scram') return { kind: 'scram', ...deriveVerifier(scheme, text, salt) }
  return { ...scheme, salt, key: derive(scheme, text, salt, keyOctets(scheme)) }
}

/** What came of a check. */
export interface PasswordCheck {
  readonly accepted: boolean
  /** Records to keep in the place of the old ones, when those did not match the schemes wanted. */
  readonly upgraded?: readonly CredentialRecord[]
}

/**
 * Checks a password against a user's records, the first of which decides. Costs what that costs, on the calling thread:
 * a server calls it in a worker. Without records (unknown or disabled user) it costs one derivation of the first scheme
 * wanted, so that nothing shows as long as records are of that scheme.
 *
 * @param password as a `password` need gives it, prepared.
 * @param wanted at least one scheme. After success, records that are missing or have other parameters are made anew.
 * @throws SaslError `SASL_BAD_SCHEME`, `SASL_UNSUPPORTED`
 */
export function checkPassword(
  records: readonly CredentialRecord[],
  password: Secret,
  wanted: readonly [Scheme, ...Scheme[]],
  random: (count: number) => Uint8Array = unpredictable,
): PasswordCheck {
  for (const scheme of wanted) checkLimits(scheme)
  const text = password.reveal()
  const [first] = records
  if (first === undefined) {
    derive(wanted[0], text, random(saltOctets), keyOctets(wanted[0]))
    return { accepted: false }
  }
  const kept = first.kind === 'scram' ? first.storedKey : first.key
  if (!timingSafeEqual(derive(first, text, first.salt, kept.length), kept)) return { accepted: false }
  // What only a query may hold cannot be stored: the records stay.
  const storable = prepareStored(text) === text
  const asWanted = records.length === wanted.length && records.every((one, i) => isOfScheme(one, wanted[i]))
  if (!storable || asWanted) return { accepted: true }
  const upgraded = wanted.map(
    (scheme) => records.find((record) => isOfScheme(record, scheme)) ?? createRecord(password, scheme, random),
  )
  return { accepted: true, upgraded }
}

/** The verifier that answers a `verifier` need. */
export function verifierOf(records: readonly CredentialRecord[], hash: ScramHash): ScramVerifier | 'unknown' {
  for (const record of records) if (record.kind === 'scram' && record.hash === hash) return record
  return 'unknown'
}
