import { decodeUtf8, encodeUtf8 } from '../octets.ts'

/**
 * Encodes text as xtext: printable ASCII but "+" and "=" stands for itself, each other octet of its UTF-8 form becomes
 * "+" and two upper-case hexadecimal digits.
 *
 * @rfc 3461 4
 */
export function encodeXtext(text: string): string {
  let encoded = ''
  for (const octet of encodeUtf8(text))
    encoded += isXchar(octet) ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`
  return encoded
}

/**
 * Decodes xtext. `undefined` for text that is none, and when the octets it stands for are not UTF-8.
 *
 * ```abnf
 * xtext   = *( xchar / hexchar )
 * xchar   = %d33-42 / %d44-60 / %d62-126
 * hexchar = "+" 2( DIGIT / %x41-46 )
 * ```
 * @rfc 3461 4
 */
export function decodeXtext(text: string): string | undefined {
  const octets: number[] = []
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === PLUS) {
      const high = hexDigit(text.charCodeAt(i + 1))
      const low = hexDigit(text.charCodeAt(i + 2))
      if (high === -1 || low === -1) return undefined
      octets.push(high * 16 + low)
      i += 2
    } else if (isXchar(code)) octets.push(code)
    else return undefined
  }
  return decodeUtf8(Uint8Array.from(octets))
}

/** Graphic and white space characters of ASCII alone: what most parameters in xtext may stand for. @rfc 3461 4.2 */
export function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7e || (code < 0x20 && code !== 0x09)) return false
  }
  return true
}

const isXchar = (code: number): boolean => code > 0x20 && code < 0x7f && code !== PLUS && code !== EQUALS

/** Value of an upper-case hexadecimal digit, or -1. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : -1
}

const PLUS = 0x2b
const EQUALS = 0x3d
