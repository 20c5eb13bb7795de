import { createHash } from 'node:crypto'

/** Hashes the draft has. */
export type HashName = 'SHA1' | 'SHA256'

/** What a Message-Verification field says. Section 4. */
export interface Verification {
  readonly hash: HashName
  /** Of the secret, in base64. */
  readonly guid: string
}

/**
 * The body of a Message-Verification field for a secret, to be sent beside a Message-ID. Keep the secret: without it
 * nobody can recall the message, with it anybody can.
 */
export function formatVerification(guid: string, hash: HashName = 'SHA256'): string {
  return `hash=${hash};guid=${digest(hash, guid)}`
}

/** Reads the body of the field, unfolded and without comments; `undefined` for one that is none. */
export function readVerification(text: string): Verification | undefined {
  const [, hash, guid] = /^hash=(SHA1|SHA256);guid=([A-Za-z0-9+/]+={0,2})$/.exec(text.trim()) ?? []
  if (guid === undefined) return undefined
  return { hash: hash as HashName, guid }
}

/** Whether it was made with this secret. */
export const isVerifiedBy = ({ hash, guid }: Verification, secret: string): boolean => digest(hash, secret) === guid

function digest(hash: HashName, guid: string): string {
  return createHash(hash === 'SHA1' ? 'sha1' : 'sha256')
    .update(guid)
    .digest('base64')
}
