/**
 * Encodes an address of type "utf-8" for ORCPT: controls, space, "\", "+" and "=" become `\x{HEX}`, and so does
 * everything beyond ASCII unless `utf8` lets it stand.
 *
 * @param utf8 `true` gives utf-8-addr-unitext, for peers with SMTPUTF8; `false` utf-8-addr-xtext, which is ASCII
 * @rfc 6533 3
 */
export function encodeUnitext(address: string, utf8 = false): string {
  let encoded = ''
  for (const character of address.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0
    encoded += isQchar(code) || (utf8 && code > 0x7f) ? character : `\\x{${hex(code)}}`
  }
  return encoded
}

/**
 * Decodes an address of type "utf-8" in any of its three forms. `undefined` for text that has none of them: the RFC
 * asks to carry such an address along unaltered.
 *
 * ```abnf
 * utf-8-enc-addr = utf-8-addr-xtext / utf-8-addr-unitext / utf-8-address
 * ```
 * Embedded characters are those HEXPOINT lists, which leaves out NUL, CR and LF.
 *
 * @rfc 6533 3
 */
export function decodeUnitext(text: string): string | undefined {
  if (!text.isWellFormed()) return undefined
  let address = ''
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) {
      const end = text.indexOf('}', i)
      if (text.slice(i, i + 3) !== '\\x{' || end === -1 || end - i > 9) return undefined
      const point = hexPoint(text.slice(i + 3, end))
      if (point === undefined) return undefined
      address += String.fromCodePoint(point)
      i = end
    } else if (isQchar(code) || code > 0x7f) address += text[i]
    else return undefined
  }
  return address === '' ? undefined : address
}

/** Two to six digits, no superfluous zeros. */
function hexPoint(digits: string): number | undefined {
  if (digits.length < 2 || (digits.length > 2 && digits.startsWith('0'))) return undefined
  let value = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = hexDigit(digits.charCodeAt(i))
    if (digit === -1) return undefined
    value = value * 16 + digit
  }
  if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined
  return value > 0x7f || isEmbedded(value) ? value : undefined
}

/** The ASCII characters that HEXPOINT lists. */
function isEmbedded(code: number): boolean {
  if (code < 0x20) return code > 0 && code <= 0x19 && (code & 0x0f) <= 9
  return code < 0x80 && !isQchar(code)
}

/** Printable ASCII but "\", "+", "=". @rfc 6533 3 */
const isQchar = (code: number): boolean =>
  code > 0x20 && code < 0x7f && code !== BACKSLASH && code !== 0x2b && code !== 0x3d

const BACKSLASH = 0x5c

/** At least two upper-case digits. */
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0')

/** Value of an upper-case hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : -1
}
