import { isHighSurrogate, isLowSurrogate, REPLACEMENT } from '../octets.ts'

/** Classes of ASCII characters; a character may be in several. @rfc 5322 3.2 */
export const ATEXT = 1
export const QTEXT = 2
export const CTEXT = 4
export const DTEXT = 8
/** Control characters the obsolete syntax lets stand in comments, quoted-strings and literals. @rfc 5322 4.1 */
export const OLD_CONTROL = 16

const classes = new Uint8Array(0x80)
for (let code = 1; code < 0x80; code++) {
  if (code === 0x7f || (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d)) classes[code] = OLD_CONTROL
  if (code <= 0x20 || code === 0x7f) continue
  const character = String.fromCharCode(code)
  classes[code] =
    (/[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]/.test(character) ? ATEXT : 0) |
    (/["\\]/.test(character) ? 0 : QTEXT) |
    (/[()\\]/.test(character) ? 0 : CTEXT) |
    (/[[\]\\]/.test(character) ? 0 : DTEXT)
}

/** True when an ASCII character is in a class; false for everything beyond ASCII. */
export const isClass = (code: number, mask: number): boolean => code < 0x80 && ((classes[code] as number) & mask) !== 0

/**
 * UTF-16 units of the character at `at` when it may stand wherever RFC 6532 adds UTF8-non-ascii: 1 or 2; else 0.
 * Odd characters and half surrogate pairs may not.
 * @rfc 6532 3.1
 */
export function beyondAscii(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code < 0xa0 || code === REPLACEMENT) return 0
  if (code < 0xd800 || code > 0xdfff) return 1
  return isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(at + 1)) ? 2 : 0
}

/** C1 controls, and U+FFFD, which stands for octets that were not UTF-8: they are read where no address is made of them. */
export const isOdd = (code: number): boolean => (code >= 0x80 && code < 0xa0) || code === REPLACEMENT

/** True when text holds an odd character. */
export function hasOdd(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (isOdd(text.charCodeAt(i))) return true
  return false
}

/** Atoms with single spaces between. */
export const isWords = (text: string): boolean => isParted(text, ' ')

/** dot-atom-text. @rfc 5322 3.2.3 */
export const isDotAtom = (text: string): boolean => isParted(text, '.')

/** A domain-literal without white space and quoted-pairs. @rfc 5322 3.4.1 */
export function isDomainLiteral(text: string): boolean {
  if (text.length < 2 || text[0] !== '[' || text[text.length - 1] !== ']') return false
  for (let i = 1; i < text.length - 1; i++) if (!isClass(text.charCodeAt(i), DTEXT)) return false
  return true
}

/** Atoms with one separator between each two. */
function isParted(text: string, separator: '.' | ' '): boolean {
  const parting = separator.charCodeAt(0)
  let inAtom = false
  for (let i = 0; i < text.length; ) {
    const code = text.charCodeAt(i)
    const width = isClass(code, ATEXT) ? 1 : beyondAscii(text, i)
    if (width === 0 && (code !== parting || !inAtom)) return false
    inAtom = width > 0
    i += width || 1
  }
  return inAtom
}
