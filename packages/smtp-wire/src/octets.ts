/** Octet values the protocol gives a meaning. */
export const CR = 0x0d
export const LF = 0x0a
export const SP = 0x20
export const DOT = 0x2e
export const DASH = 0x2d

/** No octets. */
export const nothing: Uint8Array = new Uint8Array(0)

/** Encodes text as UTF-8. Lone surrogates become U+FFFD. The result is the caller's own. */
export function encodeUtf8(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encodeBeyondAscii(text)
    ascii[i] = code
  }
  return ascii
}

function encodeBeyondAscii(text: string): Uint8Array {
  const out: number[] = []
  for (const character of text) {
    const raw = character.codePointAt(0) ?? 0xfffd
    const code = raw >= 0xd800 && raw <= 0xdfff ? 0xfffd : raw
    if (code < 0x80) out.push(code)
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f))
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
    else out.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
  }
  return Uint8Array.from(out)
}

/**
 * Decodes UTF-8 strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
 * @returns `undefined` for octets that are not UTF-8.
 * @rfc 3629 4
 */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  if (octets.length <= ASCII_AT_ONCE && isAsciiOctets(octets))
    return String.fromCharCode.apply(null, octets as unknown as number[])
  let text = ''
  let i = 0
  while (i < octets.length) {
    const first = octets[i] ?? 0
    if (first < 0x80) {
      text += String.fromCharCode(first)
      i += 1
      continue
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    if (first < 0xc2 || first > 0xf4 || i + length > octets.length) return undefined
    let code = first & (0xff >> (length + 1))
    for (let k = 1; k < length; k++) {
      const next = octets[i + k] ?? 0
      if ((next & 0xc0) !== 0x80) return undefined
      code = (code << 6) | (next & 0x3f)
    }
    if (code < (LEAST[length - 2] ?? 0) || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
    text += String.fromCodePoint(code)
    i += length
  }
  return text
}

function isAsciiOctets(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if ((octets[i] ?? 0) > 0x7f) return false
  return true
}

const ASCII_AT_ONCE = 4096
const LEAST: readonly number[] = [0x80, 0x800, 0x10000]

/** Upper-cases A-Z only: no other script may turn into a verb or keyword. */
export function asciiUpper(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x61 && code <= 0x7a) return text.replace(/[a-z]+/g, (part) => part.toUpperCase())
  }
  return text
}

/** Lower-cases A-Z only. */
export function asciiLower(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x41 && code <= 0x5a) return text.replace(/[A-Z]+/g, (part) => part.toLowerCase())
  }
  return text
}

/**
 * Reads decimal digits, and nothing but digits.
 * @returns `undefined` for anything else or for more digits than `maxDigits` (at most 15, so that the number is exact).
 */
export function readDigits(text: string, maxDigits = 15): number | undefined {
  if (text.length === 0 || text.length > maxDigits) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}

/**
 * True for a UTF-16 unit beyond ASCII that RFC 6531 allows in an address: no C1 control, no line or paragraph separator.
 *
 * @rfc 6531 3.3
 */
export const isTextBeyondAscii = (code: number): boolean => code >= 0xa0 && code !== 0x2028 && code !== 0x2029

/** Nothing above 127. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** True where the text holds anything but ASCII; DEL counts as such. */
export function beyondAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7e) return true
  return false
}

/** Octets of the text in UTF-8. */
export function utf8Length(text: string): number {
  let octets = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // A pair of surrogates is two units and four octets.
    if (code > 0x7f) octets += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2
  }
  return octets
}

/** Joins octets into one new buffer. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
