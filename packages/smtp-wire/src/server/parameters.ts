import type { RawParameter } from '../command/parameters.ts'
import type { Owned } from '../extension/registry.ts'
import type { AnyExtension, ParameterCodec } from '../extension/types.ts'

/** Values by keyword, or the first parameter that cannot be taken. */
export type ReadParameters =
  | { readonly kind: 'values'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'unknown-parameter' | 'parameter-syntax'; readonly keyword: string }

/**
 * Reads parameters by the codecs of the extensions this session offered. One that was not offered is as unknown as one
 * that does not exist.
 *
 * @rfc 5321 4.1.1.11
 */
export function readParameters(
  raw: readonly RawParameter[],
  codecs: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>,
  offered: ReadonlySet<AnyExtension>,
): ReadParameters {
  if (raw.length === 0) return none
  const values: Record<string, unknown> = {}
  for (const [keyword, text] of raw) {
    const codec = codecs.get(keyword)
    if (codec === undefined || !offered.has(codec.owner)) return { kind: 'unknown-parameter', keyword }
    const value = codec.value.parse(text)
    if (value === undefined) return { kind: 'parameter-syntax', keyword }
    values[keyword] = value
  }
  return { kind: 'values', values }
}

const none: ReadParameters = { kind: 'values', values: {} }
