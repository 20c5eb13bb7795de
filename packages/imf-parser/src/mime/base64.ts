import { CR, LF } from '../octets.ts'

/**
 * Encodes octets as base64, in lines of 76 characters. There is no line end behind the last line. The result is the
 * caller's own.
 * @rfc 2045 6.8
 */
export function encodeBase64(octets: Uint8Array): Uint8Array {
  const characters = Math.ceil(octets.length / 3) * 4
  const out = new Uint8Array(characters + 2 * Math.max(0, Math.ceil(characters / LINE) - 1))
  let to = 0
  for (let from = 0; from < octets.length; from += 3) {
    if (from > 0 && from % OCTETS_IN_LINE === 0) {
      out[to++] = CR
      out[to++] = LF
    }
    // Octets beyond the end read as 0, which is the padding's bits.
    const second = octets[from + 1]
    const third = octets[from + 2]
    const group = ((octets[from] as number) << 16) | ((second ?? 0) << 8) | (third ?? 0)
    out[to++] = digit(group >> 18)
    out[to++] = digit((group >> 12) & 0x3f)
    out[to++] = second === undefined ? PAD : digit((group >> 6) & 0x3f)
    out[to++] = third === undefined ? PAD : digit(group & 0x3f)
  }
  return out
}

const digit = (value: number): number => ALPHABET.charCodeAt(value)

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const PAD = 0x3d
const LINE = 76
const OCTETS_IN_LINE = 57
