import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import type { ScramHash } from './verifier.ts'

/** Iterations for new records. @rfc 7677 4 */
export const defaultIterations = 15_000

/** Octets of the salts that records are made with. */
export const saltOctets = 16

/** Octets of each hash. */
export const hashOctets: { readonly [H in ScramHash]: number } = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-512': 64 }

const digests = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' } as const

export function hmac(hash: ScramHash, key: Uint8Array, data: Uint8Array | string): Uint8Array {
  return plain(createHmac(digests[hash], key).update(data).digest())
}

export function digest(hash: ScramHash, data: Uint8Array): Uint8Array {
  return plain(createHash(digests[hash]).update(data).digest())
}

/** `Hi(Normalize(password), salt, i)`; the costly step. */
export function saltedPassword(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Uint8Array {
  return plain(pbkdf2Sync(password, salt, iterations, hashOctets[hash], digests[hash]))
}

/** The keys that follow from a salted password. @rfc 5802 3 */
export function keysOf(
  hash: ScramHash,
  salted: Uint8Array,
): { clientKey: Uint8Array; storedKey: Uint8Array; serverKey: Uint8Array } {
  const clientKey = hmac(hash, salted, 'Client Key')
  return { clientKey, storedKey: digest(hash, clientKey), serverKey: hmac(hash, salted, 'Server Key') }
}

/** The same octets without the ways of Node's Buffer. */
export function plain(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets)
}

/** The two combined octet by octet; the shorter one decides the length. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((octet, i) => octet ^ (b[i] ?? 0))
}
