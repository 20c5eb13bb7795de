import * as crypto from 'node:crypto'
import { SaslError } from '../error.ts'
import { defaultIterations, hashOctets, keysOf, plain, saltedPassword } from '../scram/keys.ts'
import type { ScramHash, ScramVerifier } from '../scram/verifier.ts'

/** Keeps a SCRAM verifier, which SCRAM needs and with which PLAIN and LOGIN can be checked too. */
export interface ScramScheme {
  readonly kind: 'scram'
  readonly hash: ScramHash
  /** 1 to 10,000,000. */
  readonly iterations: number
}

/** Keeps an scrypt hash, for PLAIN and LOGIN alone. It takes `128 * r * 2^ln` octets of memory, at most 1 GiB. */
export interface ScryptScheme {
  readonly kind: 'scrypt'
  /** Binary logarithm of the cost, 1 to 22. */
  readonly ln: number
  /** Block size, 1 to 32. */
  readonly r: number
  /** Parallelism, 1 to 16. */
  readonly p: number
}

/** Keeps an Argon2id hash, for PLAIN and LOGIN alone. Needs Node 24. */
export interface Argon2Scheme {
  readonly kind: 'argon2id'
  /** KiB, at least eight times the parallelism and at most 1 GiB. */
  readonly memory: number
  /** 1 to 100. */
  readonly passes: number
  /** 1 to 16. */
  readonly parallelism: number
}

/** How a password is kept. */
export type Scheme = ScramScheme | ScryptScheme | Argon2Scheme

/**
 * Schemes with parameters for new records. On a machine of 2026 a verifier costs some 2 ms, Argon2id 30 ms and 19 MiB,
 * scrypt 180 ms and 32 MiB.
 */
export const schemes: {
  readonly scramSha256: ScramScheme
  readonly scramSha1: ScramScheme
  readonly scrypt: ScryptScheme
  readonly argon2id: Argon2Scheme
} = {
  scramSha256: { kind: 'scram', hash: 'SHA-256', iterations: defaultIterations },
  scramSha1: { kind: 'scram', hash: 'SHA-1', iterations: defaultIterations },
  scrypt: { kind: 'scrypt', ln: 15, r: 8, p: 3 },
  argon2id: { kind: 'argon2id', memory: 19_456, passes: 2, parallelism: 1 },
}

/** Whether this runtime can do Argon2. */
export const hasArgon2: boolean = typeof crypto.argon2Sync === 'function'

/** Whether the parameters keep to their limits. */
export function isWithinLimits(scheme: Scheme): boolean {
  switch (scheme.kind) {
    case 'scram':
      return isBetween(scheme.iterations, 1, 10_000_000)
    case 'scrypt': {
      const { ln, r, p } = scheme
      return isBetween(ln, 1, 22) && isBetween(r, 1, 32) && isBetween(p, 1, 16) && 128 * r * 2 ** ln <= 2 ** 30
    }
    case 'argon2id': {
      const { memory, passes, parallelism } = scheme
      return isBetween(parallelism, 1, 16) && isBetween(passes, 1, 100) && isBetween(memory, 8 * parallelism, 2 ** 20)
    }
  }
}

/** @throws SaslError `SASL_BAD_SCHEME` for parameters out of their limits. */
export function checkLimits(scheme: Scheme): void {
  if (isWithinLimits(scheme)) return
  throw new SaslError('SASL_BAD_SCHEME', 'a parameter is out of its limits', { scheme: scheme.kind })
}

/** Whether a record is of a scheme, with the same parameters. */
export function isOfScheme(record: Scheme, scheme: Scheme | undefined): boolean {
  switch (scheme?.kind) {
    case 'scram':
      return record.kind === 'scram' && record.hash === scheme.hash && record.iterations === scheme.iterations
    case 'scrypt':
      return record.kind === 'scrypt' && record.ln === scheme.ln && record.r === scheme.r && record.p === scheme.p
    case 'argon2id': {
      if (record.kind !== 'argon2id') return false
      const { memory, passes, parallelism } = record
      return memory === scheme.memory && passes === scheme.passes && parallelism === scheme.parallelism
    }
    case undefined:
      return false
  }
}

/** The verifier of a password; costs the iterations. */
export function deriveVerifier(scheme: ScramScheme, password: string, salt: Uint8Array): ScramVerifier {
  const { hash, iterations } = scheme
  const { storedKey, serverKey } = keysOf(hash, saltedPassword(hash, password, salt, iterations))
  return { hash, iterations, salt, storedKey, serverKey }
}

/**
 * The octets that a password gives and that a check compares: the stored key, or the hash.
 * @throws SaslError `SASL_UNSUPPORTED`
 */
export function derive(scheme: Scheme, password: string, salt: Uint8Array, octets: number): Uint8Array {
  switch (scheme.kind) {
    case 'scram':
      return deriveVerifier(scheme, password, salt).storedKey
    case 'scrypt': {
      const { r, p } = scheme
      const N = 2 ** scheme.ln
      return plain(crypto.scryptSync(password, salt, octets, { N, r, p, maxmem: 256 * r * (N + p) }))
    }
    case 'argon2id': {
      if (!hasArgon2) {
        throw new SaslError('SASL_UNSUPPORTED', 'this runtime has no Argon2', { scheme: scheme.kind })
      }
      const { memory, passes, parallelism } = scheme
      const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength: octets }
      return plain(crypto.argon2Sync('argon2id', parameters))
    }
  }
}

/** Octets of a new record's key. */
export function keyOctets(scheme: Scheme): number {
  return scheme.kind === 'scram' ? hashOctets[scheme.hash] : 32
}

function isBetween(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}
