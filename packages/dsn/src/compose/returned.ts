import { readHeader } from '@angarium/imf-parser'
import { decodeUtf8 } from '@angarium/smtp-wire'
import type { ReturnedContent } from '../report.ts'
import { CR, concat, isAsciiOctets, LF, LINE_OCTETS, NUL } from './octets.ts'
import { encodeQuotedPrintable } from './quoted-printable.ts'

/** The part that brings the message back. */
export interface ReturnedPart {
  readonly type: 'message/rfc822' | 'message/global' | 'text/rfc822-headers' | 'message/global-headers'
  readonly encoding: '7bit' | '8bit' | 'quoted-printable'
  readonly body: Uint8Array
}

/**
 * Decides how a message comes back: whole if that is wished and possible, else its header. A whole message has no
 * encoding of its own, so one with NUL, a bare line end or an overlong line cannot come back whole. `undefined`: there
 * is nothing to bring back.
 *
 * @param whole a failure is reported, RET does not speak against it, and it is not too long
 * @param utf8 the message came with SMTPUTF8
 * @rfc 3461 6.2
 * @rfc 6522 4
 * @rfc 6533 4.2, 4.3
 */
export function returned(
  content: ReturnedContent,
  whole: boolean,
  utf8: boolean,
  octets: number,
): ReturnedPart | undefined {
  const header = headerOf(content.octets, octets)
  // Without UTF-8 in its header a message is an ordinary one.
  const global = utf8 && !isAsciiOctets(header) && decodeUtf8(header) !== undefined
  if (whole && content.complete && content.octets.length > 0 && isText(content.octets)) {
    const encoding = isAsciiOctets(content.octets) ? '7bit' : '8bit'
    return { type: global ? 'message/global' : 'message/rfc822', encoding, body: content.octets }
  }
  if (header.length === 0) return undefined
  if (isText(header) && isAsciiOctets(header)) return { type: 'text/rfc822-headers', encoding: '7bit', body: header }
  if (isText(header) && global) return { type: 'message/global-headers', encoding: '8bit', body: header }
  return { type: 'text/rfc822-headers', encoding: 'quoted-printable', body: encodeQuotedPrintable(header) }
}

/** The fields at the start of a message, as many as fit, mended: lines end in CRLF, and no control stands in them. */
function headerOf(content: Uint8Array, octets: number): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  for (const field of readHeader(content).fields) {
    length += field.raw.length
    if (length > octets) break
    parts.push(mended(field.raw))
  }
  return concat(parts)
}

function mended(raw: Uint8Array): Uint8Array {
  const out: number[] = []
  for (let i = 0; i < raw.length; i++) {
    const octet = raw[i] as number
    if (octet === LF) out.push(CR, LF)
    else if (octet === CR) {
      if (raw[i + 1] !== LF) out.push(SPACE)
    } else out.push(octet === TAB || (octet >= SPACE && octet !== DEL) ? octet : QUESTION)
  }
  if (out.at(-1) !== LF) out.push(CR, LF)
  return Uint8Array.from(out)
}

/** Lines of at most 998 octets, each ended by CRLF, and no NUL. @rfc 2045 2.7, 2.8 */
function isText(octets: Uint8Array): boolean {
  if (octets.indexOf(NUL) !== -1) return false
  let start = 0
  for (let lf = octets.indexOf(LF); lf !== -1; lf = octets.indexOf(LF, start)) {
    if (lf === start || octets[lf - 1] !== CR || lf - 1 - start > LINE_OCTETS) return false
    start = lf + 1
  }
  if (octets.length - start > LINE_OCTETS) return false
  for (let cr = octets.indexOf(CR); cr !== -1; cr = octets.indexOf(CR, cr + 1)) if (octets[cr + 1] !== LF) return false
  return true
}

const TAB = 0x09
const SPACE = 0x20
const QUESTION = 0x3f
const DEL = 0x7f
