import { asciiUpper } from '../octets.ts'

/** One ESMTP parameter: keyword in upper case, value as written, `undefined` when there was no "=". */
export type RawParameter = readonly [keyword: string, value: string | undefined]

/**
 * Reads the words behind a path.
 *
 * ```abnf
 * esmtp-param   = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value   = 1*(%d33-60 / %d62-126)
 * ```
 * @returns `undefined` for broken grammar or a keyword given twice.
 * @rfc 5321 4.1.2
 */
export function parseParameters(text: string): readonly RawParameter[] | undefined {
  const parameters: RawParameter[] = []
  for (const word of text.split(' ')) {
    if (word === '') continue
    const equals = word.indexOf('=')
    const keyword = asciiUpper(equals === -1 ? word : word.slice(0, equals))
    const value = equals === -1 ? undefined : word.slice(equals + 1)
    if (!/^[A-Z0-9][A-Z0-9-]*$/.test(keyword)) return undefined
    if (value !== undefined && !/^[\x21-\x3c\x3e-\x7e]+$/.test(value)) return undefined
    if (parameters.some(([known]) => known === keyword)) return undefined
    parameters.push([keyword, value])
    if (parameters.length > MAX_PARAMETERS) return undefined
  }
  return parameters
}

/** Parameters as they follow a path, each with its leading blank. */
export function formatParameters(parameters: readonly RawParameter[]): string {
  return parameters.map(([keyword, value]) => (value === undefined ? ` ${keyword}` : ` ${keyword}=${value}`)).join('')
}

const MAX_PARAMETERS = 64
