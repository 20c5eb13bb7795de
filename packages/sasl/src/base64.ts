/**
 * Encodes base64 with its padding.
 * @rfc 4648 4
 */
export function encodeBase64(octets: Uint8Array): string {
  let text = ''
  for (let i = 0; i < octets.length; i += 3) {
    const left = octets.length - i
    const bits = ((octets[i] ?? 0) << 16) | ((octets[i + 1] ?? 0) << 8) | (octets[i + 2] ?? 0)
    text += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63)
    text += left > 1 ? ALPHABET.charAt((bits >> 6) & 63) : '='
    text += left > 2 ? ALPHABET.charAt(bits & 63) : '='
  }
  return text
}

/**
 * Decodes base64 with its padding, and nothing that {@link encodeBase64} would not have written: no line breaks, no
 * stray `=`, no bits left over.
 * @returns `undefined` for anything else.
 * @rfc 4954 4
 * @rfc 4648 3.5
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const octets = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const value = i < text.length - padding ? sextet(text.charCodeAt(i)) : 0
    if (value === undefined) return undefined
    bits = ((bits << 6) | value) & 0xffffff
    if (i % 4 !== 3) continue
    const spare = i === text.length - 1 ? padding : 0
    if ((spare === 1 && (bits & 0xff) !== 0) || (spare === 2 && (bits & 0xffff) !== 0)) return undefined
    for (let k = 0; k < 3 - spare; k++) octets[at++] = (bits >> (16 - 8 * k)) & 0xff
  }
  return octets
}

function sextet(code: number): number | undefined {
  if (code >= 0x41 && code <= 0x5a) return code - 0x41
  if (code >= 0x61 && code <= 0x7a) return code - 0x61 + 26
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 52
  return code === 0x2b ? 62 : code === 0x2f ? 63 : undefined
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
