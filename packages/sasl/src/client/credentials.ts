import { SaslError } from '../error.ts'
import { prepareQuery } from '../prepare/stringprep.ts'
import type { Secret } from '../secret.ts'

/** What a client with a password logs in with. */
export interface PasswordCredentials {
  /** Authentication identity: the user name. */
  readonly authcid: string
  /** Authorization identity, when it is to be another than the user's own. Only PLAIN and SCRAM carry it. */
  readonly authzid?: string
  readonly password: Secret
}

/** The longest name, password and token, in UTF-16 units: what is made of them, escapes and all, fits into a message. */
const MAX_TEXT = 1024
const MAX_TOKEN = 8192

/**
 * Prepares a name or password for sending.
 * @throws SaslError `SASL_BAD_CREDENTIALS` for what is empty, too long, or refused by SASLprep.
 */
export function preparedText(text: string, what: 'authcid' | 'authzid' | 'password'): string {
  const ready = text.length > MAX_TEXT ? undefined : prepareQuery(text)
  if (ready === undefined || ready === '') throw badCredentials(what)
  return ready
}

/**
 * Takes an OAuth token, which is printable ASCII.
 * @throws SaslError `SASL_BAD_CREDENTIALS` for anything else.
 */
export function preparedToken(token: Secret): string {
  const text = token.reveal()
  if (text.length > MAX_TOKEN || !/^[\x21-\x7e]+$/.test(text)) throw badCredentials('token')
  return text
}

export function badCredentials(what: 'authcid' | 'authzid' | 'password' | 'token' | 'trace' | 'host'): SaslError {
  return new SaslError('SASL_BAD_CREDENTIALS', `the ${what} is empty, too long, or holds what it may not`, { what })
}
