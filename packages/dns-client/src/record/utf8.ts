const REPLACEMENT = 0xfffd

/** Octets as text; each octet that is no part of well-formed UTF-8 becomes U+FFFD. @rfc 3629 3 */
export function decodeUtf8(octets: Uint8Array): string {
  let text = ''
  for (let at = 0; at < octets.length; ) {
    const first = octets[at] ?? 0
    if (first < 0x80) {
      text += String.fromCharCode(first)
      at++
      continue
    }
    const { code, length } = sequence(octets, at, first)
    text += String.fromCodePoint(code)
    at += length
  }
  return text
}

function sequence(octets: Uint8Array, at: number, first: number): { code: number; length: number } {
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  if (first < 0xc2 || first > 0xf4) return { code: REPLACEMENT, length: 1 }
  let code = first & (0xff >> (length + 1))
  for (let index = 1; index < length; index++) {
    const next = octets[at + index] ?? 0
    if ((next & 0xc0) !== 0x80) return { code: REPLACEMENT, length: 1 }
    code = (code << 6) | (next & 0x3f)
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000
  const bad = code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)
  return bad ? { code: REPLACEMENT, length: 1 } : { code, length }
}

/** Text as UTF-8 in a buffer of the caller's own; half of a surrogate pair becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const octets: number[] = []
  for (const character of text) {
    let code = character.codePointAt(0) ?? 0
    if (code >= 0xd800 && code <= 0xdfff) code = REPLACEMENT
    if (code < 0x80) octets.push(code)
    else if (code < 0x800) octets.push(0xc0 | (code >> 6), tail(code, 0))
    else if (code < 0x10000) octets.push(0xe0 | (code >> 12), tail(code, 6), tail(code, 0))
    else octets.push(0xf0 | (code >> 18), tail(code, 12), tail(code, 6), tail(code, 0))
  }
  return Uint8Array.from(octets)
}

const tail = (code: number, shift: number): number => 0x80 | ((code >> shift) & 0x3f)
