import { CR, LF, SP, TAB } from '../octets.ts'

/**
 * Encodes text as quoted-printable. CRLF is a line break and stays one; CR and LF alone are encoded, as is every octet
 * that is not printable ASCII, and white space at the end of a line. Lines have at most 76 characters.
 *
 * Beyond what must be, encoded lines are safe against what happens to lines on the way: none begins with `.` or `From `,
 * and none that a soft line break made begins with `-`, so that it cannot pass for a delimiter. Decoding gives the input,
 * octet for octet. The result is the caller's own.
 *
 * @rfc 2045 6.7
 */
export function encodeQuotedPrintable(text: Uint8Array): Uint8Array {
  const { length } = text
  let out = new Uint8Array(length + (length >> 3) + ROOM)
  let to = 0
  let column = 0
  for (let i = 0; i < length; i++) {
    if (out.length - to < ROOM) out = larger(out, to)
    const octet = text[i] as number
    if (octet === CR && text[i + 1] === LF) {
      out[to++] = CR
      out[to++] = LF
      column = 0
      i += 1
      continue
    }
    const ends = i + 1 === length || (text[i + 1] === CR && text[i + 2] === LF)
    let literal = isPrintable(octet) || ((octet === SP || octet === TAB) && !ends)
    // A line that goes on needs a column for the `=` of its soft break.
    const soft = column + (literal ? 1 : 3) > (ends ? LINE : LINE - 1)
    if (soft) {
      out[to++] = EQUALS
      out[to++] = CR
      out[to++] = LF
      column = 0
    }
    if (column === 0 && literal) literal = !isUnsafeAtStart(text, i, soft)
    if (literal) out[to++] = octet
    else {
      out[to++] = EQUALS
      out[to++] = HEX.charCodeAt(octet >> 4)
      out[to++] = HEX.charCodeAt(octet & 0xf)
    }
    column += literal ? 1 : 3
  }
  return out.subarray(0, to)
}

/** Printable ASCII but `=`. */
const isPrintable = (octet: number): boolean => octet > SP && octet < 0x7f && octet !== EQUALS

function isUnsafeAtStart(text: Uint8Array, at: number, soft: boolean): boolean {
  const octet = text[at]
  if (octet === DOT) return true
  if (octet === DASH) return soft
  for (let i = 0; i < FROM.length; i++) if (text[at + i] !== FROM.charCodeAt(i)) return false
  return true
}

function larger(out: Uint8Array, used: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(2 * out.length)
  copy.set(out.subarray(0, used))
  return copy
}

const HEX = '0123456789ABCDEF'
const FROM = 'From '
const EQUALS = 0x3d
const DOT = 0x2e
const DASH = 0x2d
const LINE = 76
/** More than one octet can take: a soft break and three characters. */
const ROOM = 8
