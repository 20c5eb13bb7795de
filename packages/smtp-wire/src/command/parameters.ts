import { WireError } from '../error.ts'
import { asciiUpper, isTextBeyondAscii } from '../octets.ts'

/** One ESMTP parameter: keyword in upper case, value as written, `undefined` when there was no "=". */
export type RawParameter = readonly [keyword: string, value: string | undefined]

/**
 * Reads the words behind a path. More than one blank between words is taken for one.
 *
 * ```abnf
 * esmtp-param   = esmtp-keyword ["=" esmtp-value]
 * esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * esmtp-value   = 1*(%d33-60 / %d62-126)
 * ```
 * @param utf8 values may hold what lies beyond ASCII (RFC 6531)
 * @returns `undefined` for broken grammar, a keyword given twice, or more than 64 parameters.
 * @rfc 5321 4.1.2
 * @rfc 6531 3.3
 */
export function parseParameters(text: string, utf8 = false): readonly RawParameter[] | undefined {
  const parameters: RawParameter[] = []
  for (const word of text.split(' ')) {
    if (word === '') continue
    const equals = word.indexOf('=')
    const keyword = asciiUpper(equals === -1 ? word : word.slice(0, equals))
    const value = equals === -1 ? undefined : word.slice(equals + 1)
    if (!isKeyword(keyword) || (value !== undefined && !isParameterValue(value, utf8))) return undefined
    if (parameters.some(([known]) => known === keyword)) return undefined
    parameters.push([keyword, value])
    if (parameters.length > MAX_PARAMETERS) return undefined
  }
  return parameters
}

/**
 * Parameters as they follow a path, each with its leading blank.
 *
 * @throws WireError UNSAFE_TEXT for a keyword or value that the grammar does not have
 */
export function formatParameters(parameters: readonly RawParameter[]): string {
  let text = ''
  for (const [keyword, value] of parameters) {
    if (!isKeyword(asciiUpper(keyword)) || (value !== undefined && !isParameterValue(value, true)))
      throw new WireError('UNSAFE_TEXT', `parameter ${keyword} would break its line`, { where: 'parameter' })
    text += value === undefined ? ` ${keyword}` : ` ${keyword}=${value}`
  }
  return text
}

/** An upper-case keyword of EHLO, of a parameter, or a verb of the same form. */
export function isKeyword(text: string): boolean {
  if (text.length === 0 || text.charCodeAt(0) === DASH) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!((code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === DASH)) return false
  }
  return true
}

/** Printable, not empty, without blank and "=". */
export function isParameterValue(text: string, utf8 = false): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code === EQUALS || code === 0x7f) return false
    if (code > 0x7f && !(utf8 && isTextBeyondAscii(code))) return false
  }
  return text.length > 0
}

const MAX_PARAMETERS = 64
const DASH = 0x2d
const EQUALS = 0x3d
