import { randomBytes } from 'node:crypto'
import { SaslError } from './error.ts'

/** Options of both halves. */
export interface SaslOptions {
  /** Unpredictable octets, for nonces. Default: `randomBytes` of `node:crypto`. */
  readonly random?: (count: number) => Uint8Array
}

/** The default of {@link SaslOptions.random}. */
export const unpredictable = (count: number): Uint8Array => new Uint8Array(randomBytes(count))

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
