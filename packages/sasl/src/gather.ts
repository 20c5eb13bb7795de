import { randomBytes } from 'node:crypto'
import { encodeBase64 } from './base64.ts'
import { SaslError } from './error.ts'

/** Options of both halves. */
export interface SaslOptions {
  /**
   * Gives a text that nobody can foresee and that never comes twice: printable ASCII without comma. Default: 18 octets
   * of `randomBytes` in base64.
   */
  readonly nonce?: () => string
}

/** Unpredictable octets. */
export const unpredictable = (count: number): Uint8Array => new Uint8Array(randomBytes(count))

/** The default of {@link SaslOptions.nonce}. */
export const freshNonce = (): string => encodeBase64(unpredictable(18))

/**
 * The mechanisms, strongest first.
 *
 * `sasl-mech = 1*20mech-char; mech-char = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE`
 *
 * @throws SaslError `SASL_BAD_MECHANISM` when two bear one name, or a name is none.
 * @rfc 4422 3.1
 */
export function gather<M extends { readonly name: string; readonly strength: number }>(
  mechanisms: readonly M[],
): readonly M[] {
  const names = new Set<string>()
  for (const { name } of mechanisms) {
    if (!/^[A-Z0-9_-]{1,20}$/.test(name) || names.has(name)) {
      throw new SaslError('SASL_BAD_MECHANISM', 'mechanisms need different and valid names', { mechanism: name })
    }
    names.add(name)
  }
  return mechanisms.toSorted((a, b) => b.strength - a.strength)
}
