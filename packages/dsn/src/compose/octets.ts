export const NUL = 0x00
export const LF = 0x0a
export const CR = 0x0d

/** Longest line without its end. @rfc 5322 2.1.1 */
export const LINE_OCTETS = 998

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

export function isAsciiOctets(octets: Uint8Array): boolean {
  for (let i = 0; i < octets.length; i++) if ((octets[i] as number) > 0x7f) return false
  return true
}
