import { decodeBase64, encodeBase64 } from '../base64.ts'
import { readPositive } from '../octets.ts'
import { hashOctets } from '../scram/keys.ts'
import type { ScramHash } from '../scram/verifier.ts'
import type { CredentialRecord } from './record.ts'
import { isWithinLimits } from './scheme.ts'

/**
 * A record as one line of printable ASCII without spaces and colons in front, in the forms others read too:
 *
 * ```text
 * SCRAM-SHA-256$15000:<salt>$<StoredKey>:<ServerKey>      RFC 5803, PostgreSQL, Dovecot in its own order
 * $scrypt$ln=15,r=8,p=3$<salt>$<key>                      PHC string format
 * $argon2id$v=19$m=19456,t=2,p=1$<salt>$<key>             PHC string format
 * ```
 */
export function formatRecord(record: CredentialRecord): string {
  switch (record.kind) {
    case 'scram': {
      const [salt, storedKey, serverKey] = [record.salt, record.storedKey, record.serverKey].map(encodeBase64)
      return `SCRAM-${record.hash}$${record.iterations}:${salt}$${storedKey}:${serverKey}`
    }
    case 'scrypt':
      return `$scrypt$ln=${record.ln},r=${record.r},p=${record.p}$${bare(record.salt)}$${bare(record.key)}`
    case 'argon2id': {
      const { memory, passes, parallelism } = record
      return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${bare(record.salt)}$${bare(record.key)}`
    }
  }
}

/**
 * Reads what {@link formatRecord} writes.
 * @returns `undefined` for anything else, and for parameters out of their limits.
 */
export function parseRecord(text: string): CredentialRecord | undefined {
  if (text.length > MAX_TEXT) return undefined
  const record = text.startsWith('$') ? parsePhc(text.split('$')) : parseScram(text)
  return record !== undefined && isWithinLimits(record) ? record : undefined
}

function parseScram(text: string): CredentialRecord | undefined {
  const match = /^SCRAM-(SHA-1|SHA-256|SHA-512)\$([0-9]+):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text)
  if (match === null) return undefined
  const [, hash, count = '', ...encoded] = match
  const iterations = readPositive(count)
  const [salt, storedKey, serverKey] = encoded.map(decodeBase64)
  if (iterations === undefined || !isSalt(salt) || storedKey === undefined || serverKey === undefined) return undefined
  const octets = hashOctets[hash as ScramHash]
  if (storedKey.length !== octets || serverKey.length !== octets) return undefined
  return { kind: 'scram', hash: hash as ScramHash, iterations, salt, storedKey, serverKey }
}

function parsePhc(fields: readonly string[]): CredentialRecord | undefined {
  const argon2 = fields[1] === 'argon2id' && fields[2] === 'v=19'
  const [parameters = '', saltText = '', keyText = '', ...more] = fields.slice(argon2 ? 3 : 2)
  const salt = decodeBare(saltText)
  const key = decodeBare(keyText)
  if (!isSalt(salt) || key === undefined || key.length < 16 || key.length > 64 || more.length > 0) return undefined
  if (argon2) {
    const [memory, passes, parallelism] = numbers(parameters, ['m', 't', 'p'])
    if (memory === undefined || passes === undefined || parallelism === undefined) return undefined
    return { kind: 'argon2id', memory, passes, parallelism, salt, key }
  }
  const [ln, r, p] = fields[1] === 'scrypt' ? numbers(parameters, ['ln', 'r', 'p']) : []
  if (ln === undefined || r === undefined || p === undefined) return undefined
  return { kind: 'scrypt', ln, r, p, salt, key }
}

/** `name=number` for each name in turn, separated by commas. */
function numbers(text: string, names: readonly string[]): readonly (number | undefined)[] {
  const fields = text.split(',')
  if (fields.length !== names.length) return []
  return names.map((name, i) => {
    const field = fields[i] ?? ''
    return field.startsWith(`${name}=`) ? readPositive(field.slice(name.length + 1)) : undefined
  })
}

function isSalt(salt: Uint8Array | undefined): salt is Uint8Array {
  return salt !== undefined && salt.length >= 8 && salt.length <= 64
}

/** Base64 without padding. */
function bare(octets: Uint8Array): string {
  return encodeBase64(octets).replaceAll('=', '')
}

function decodeBare(text: string): Uint8Array | undefined {
  return text.includes('=') ? undefined : decodeBase64(text + '='.repeat((4 - (text.length % 4)) % 4))
}

const MAX_TEXT = 512
