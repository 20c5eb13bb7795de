export const NUL = 0x00
export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SP = 0x20
export const COLON = 0x3a

/** Encodes text as UTF-8. Half surrogate pairs become U+FFFD. The result is the caller's own. */
export function encodeUtf8(text: string): Uint8Array {
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return encodeBeyondAscii(text, utf8Length(text))
    ascii[i] = code
  }
  return ascii
}

function encodeBeyondAscii(text: string, length: number): Uint8Array {
  const out = new Uint8Array(length)
  let at = 0
  for (const character of text) {
    const code = scalar(character)
    if (code < 0x80) out[at++] = code
    else {
      if (code < 0x800) out[at++] = 0xc0 | (code >> 6)
      else {
        if (code < 0x10000) out[at++] = 0xe0 | (code >> 12)
        else {
          out[at++] = 0xf0 | (code >> 18)
          out[at++] = 0x80 | ((code >> 12) & 0x3f)
        }
        out[at++] = 0x80 | ((code >> 6) & 0x3f)
      }
      out[at++] = 0x80 | (code & 0x3f)
    }
  }
  return out
}

/** Octets the text takes as UTF-8. */
export function utf8Length(text: string): number {
  let length = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) length += 1
    else if (code < 0x800) length += 2
    else if (isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(i + 1))) {
      length += 4
      i += 1
    } else length += 3
  }
  return length
}

const scalar = (character: string): number => {
  const code = character.codePointAt(0) ?? REPLACEMENT
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code
}

/**
 * Decodes UTF-8 to be looked at. Each octet that belongs to no well-formed sequence becomes U+FFFD, so nothing is dropped in silence:
 * the octets themselves stay in the field's `raw`.
 * @rfc 3629 4
 */
export function decodeText(octets: Uint8Array): string {
  const length = octets.length
  let text = ''
  for (let from = 0; from < length; ) {
    let i = from
    const stop = Math.min(length, from + ASCII_AT_ONCE)
    while (i < stop && (octets[i] as number) < 0x80) i += 1
    if (i > from) text += String.fromCharCode.apply(null, octets.subarray(from, i) as unknown as number[])
    while (i < length && (octets[i] as number) >= 0x80) {
      const code = readSequence(octets, i)
      text += code === -1 ? '\ufffd' : String.fromCodePoint(code)
      i += code === -1 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    }
    from = i
  }
  return text
}

/** The character of a multi-octet sequence, or -1. No overlong forms, no surrogates, nothing above U+10FFFF. */
function readSequence(octets: Uint8Array, at: number): number {
  const first = octets[at] as number
  if (first < 0xc2 || first > 0xf4) return -1
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (at + length > octets.length) return -1
  let code = first & (0xff >> (length + 1))
  for (let k = 1; k < length; k++) {
    const next = octets[at + k] as number
    if ((next & 0xc0) !== 0x80) return -1
    code = (code << 6) | (next & 0x3f)
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000
  return code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? -1 : code
}

/** True when the two texts are the same but for the case of A-Z. */
export function sameAscii(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (lower(a.charCodeAt(i)) !== lower(b.charCodeAt(i))) return false
  return true
}

/** Lower-cases A-Z only: no other script may turn into a keyword. */
export function asciiLower(text: string): string {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x41 && code <= 0x5a) return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  }
  return text
}

/** One code unit or octet, A-Z lowered. */
export const lower = (code: number): number => (code >= 0x41 && code <= 0x5a ? code + 0x20 : code)

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39

export const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff
export const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff

export const REPLACEMENT = 0xfffd

// An argument list of this length is safe on every engine's stack.
const ASCII_AT_ONCE = 4096
