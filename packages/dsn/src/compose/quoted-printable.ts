import { CR, LF } from './octets.ts'

/**
 * Encodes text, whose lines end in CRLF, as quoted-printable with lines of at most 76 characters.
 * @rfc 2045 6.7
 */
export function encodeQuotedPrintable(text: Uint8Array): Uint8Array {
  const out: number[] = []
  let column = 0
  for (let i = 0; i < text.length; i++) {
    const octet = text[i] as number
    if (octet === CR && text[i + 1] === LF) {
      out.push(CR, LF)
      i += 1
      column = 0
      continue
    }
    const atLineEnd = i + 1 === text.length || text[i + 1] === CR
    const plain = octet === SPACE || octet === TAB ? !atLineEnd : octet > SPACE && octet < 0x7f && octet !== EQUALS
    const width = plain ? 1 : 3
    if (column + width > (atLineEnd ? LINE : LINE - 1)) {
      out.push(EQUALS, CR, LF)
      column = 0
    }
    if (plain) out.push(octet)
    else out.push(EQUALS, HEX.charCodeAt(octet >> 4), HEX.charCodeAt(octet & 15))
    column += width
  }
  return Uint8Array.from(out)
}

const LINE = 76
const HEX = '0123456789ABCDEF'
const TAB = 0x09
const SPACE = 0x20
const EQUALS = 0x3d
