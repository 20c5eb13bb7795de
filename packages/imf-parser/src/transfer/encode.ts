import { encodeBase64 } from '../mime/base64.ts'
import { encodeQuotedPrintable } from '../mime/quoted-printable.ts'
import { CR, LF, SP, TAB } from '../octets.ts'
import type { OctetScan } from './domain.ts'

/** A body encoded, and how. */
export interface EncodedBody {
  readonly encoding: 'quoted-printable' | 'base64'
  readonly octets: Uint8Array
}

/**
 * Encodes a body so that decoding gives it back octet for octet. Text is encoded as quoted-printable while that is the
 * shorter form; text that is not lines, and what is no text, as base64, for a line break has no meaning in it.
 *
 * `last`: the content ends with this body. It then ends with a line end, which DATA would add, and which adds nothing to
 * what is decoded.
 *
 * @rfc 2045 6.7
 * @rfc 2049 4
 */
export function encodeBody(body: Uint8Array, scan: OctetScan, isText: boolean, last: boolean): EncodedBody {
  const lines = !scan.nul && !scan.bareCr && !scan.bareLf
  const encoding = isText && lines && isMostlyPrintable(body) ? 'quoted-printable' : 'base64'
  const octets = encoding === 'base64' ? encodeBase64(body) : encodeQuotedPrintable(body)
  if (!last || octets.at(-1) === LF) return { encoding, octets }
  return { encoding, octets: withLineEnd(octets, encoding === 'base64' ? LINE_END : SOFT_LINE_END) }
}

/** Base64 takes four octets for three; quoted-printable three for one it has to encode. */
function isMostlyPrintable(body: Uint8Array): boolean {
  let others = 0
  for (let i = 0; i < body.length; i++) {
    const octet = body[i] as number
    if (octet > 0x7e || octet === EQUALS || (octet < SP && octet !== CR && octet !== LF && octet !== TAB)) others += 1
  }
  return others * 6 <= body.length
}

function withLineEnd(octets: Uint8Array, lineEnd: Uint8Array): Uint8Array {
  const whole = new Uint8Array(octets.length + lineEnd.length)
  whole.set(octets)
  whole.set(lineEnd, octets.length)
  return whole
}

const EQUALS = 0x3d
const LINE_END = Uint8Array.of(CR, LF)
const SOFT_LINE_END = Uint8Array.of(EQUALS, CR, LF)
