import { encodeUtf8 } from '@angarium/smtp-wire'

/**
 * Makes remote text fit to be shown: every control, line separator and mark that changes the direction of text becomes
 * `\x{HEX}`, and so does everything beyond ASCII unless `utf8` lets it stand. What is longer than `octets` is cut and
 * ends in "...".
 */
export function harmless(text: string, utf8: boolean, octets: number = SHOWN): string {
  let shown = ''
  let size = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const safe = isHarmless(code, utf8) ? character : `\\x{${code.toString(16).toUpperCase().padStart(2, '0')}}`
    size += encodeUtf8(safe).length
    if (size > octets - ELLIPSIS.length) return `${shown}${ELLIPSIS}`
    shown += safe
  }
  return shown
}

function isHarmless(code: number, utf8: boolean): boolean {
  if (code < 0x80) return code >= 0x20 && code !== 0x7f
  if (!utf8 || code < 0xa0 || (code >= 0xd800 && code <= 0xdfff)) return false
  return (
    !(code >= 0x200e && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069)
  )
}

/** Long enough for any address and any honest reply; well under a line's 998 octets. */
const SHOWN = 800
const ELLIPSIS = '...'
