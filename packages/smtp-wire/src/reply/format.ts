import { beyondAscii, encodeUtf8, utf8Length } from '../octets.ts'
import type { Reply } from './reply.ts'

/**
 * A reply as octets, one line per element of its text, each at most 512 octets with its CRLF; longer text is folded
 * into further lines, but for a challenge (334), which is one line of up to 12288 octets (RFC 4954). The buffer is shared between calls with the same reply: do not write to it.
 *
 * @param enhanced begin each line's text with the enhanced status, `X.0.0` where the reply has none; replies that only
 *   ask to go on (3xx) never have one (RFC 2034)
 * @param utf8 `false`: each character beyond ASCII becomes "?", for peers that may take no UTF-8 (RFC 6531, 3.7.4.2)
 * @rfc 5321 4.2
 * @rfc 5321 4.5.3.1.5
 * @rfc 2034 4
 */
export function formatReply(reply: Reply, enhanced = false, utf8 = true): Uint8Array {
  const cache = forms[(enhanced ? 2 : 0) + (utf8 ? 1 : 0)] as WeakMap<Reply, Uint8Array>
  const known = cache.get(reply)
  if (known !== undefined) return known
  const octets = formatOnce(reply, enhanced, utf8)
  cache.set(reply, octets)
  return octets
}

/** The same for a reply that is not said twice, such as one with a message's id. The buffer is the caller's own. */
export function formatOnce(reply: Reply, enhanced: boolean, utf8: boolean): Uint8Array {
  const text = replyText(reply, enhanced ? statusPrefix(reply) : '')
  return encodeUtf8(utf8 ? text : inAscii(text))
}

// Replies are mostly constants; formatting one twice is waste.
const forms: readonly WeakMap<Reply, Uint8Array>[] = Array.from({ length: 4 }, () => new WeakMap())

function inAscii(text: string): string {
  if (!beyondAscii(text)) return text
  let ascii = ''
  for (const character of text) ascii += character.charCodeAt(0) > 0x7f ? '?' : character
  return ascii
}

function statusPrefix({ code, status }: Reply): string {
  const hundreds = Math.floor(code / 100)
  return hundreds === 3 ? '' : `${status ?? `${hundreds}.0.0`} `
}

function replyText({ code, text }: Reply, prefix: string): string {
  const room = (code === 334 ? CHALLENGE_OCTETS : LINE_OCTETS) - 6 - prefix.length
  const first = text[0]
  if (text.length === 1 && first !== undefined && first.length * 3 <= room) return `${code} ${prefix}${first}\r\n`
  const lines = text.flatMap((line) => fold(line, room))
  const last = lines.length - 1
  return lines.map((line, i) => `${code}${i < last ? '-' : ' '}${prefix}${line}\r\n`).join('')
}

function fold(line: string, room: number): string[] {
  if (line.length * 3 <= room || utf8Length(line) <= room) return [line]
  const pieces: string[] = []
  let piece = ''
  let size = 0
  for (const character of line) {
    const octets = utf8Length(character)
    if (size + octets > room) {
      pieces.push(piece)
      piece = ''
      size = 0
    }
    piece += character
    size += octets
  }
  pieces.push(piece)
  return pieces
}

const LINE_OCTETS = 512
/** @rfc 4954 4 */
const CHALLENGE_OCTETS = 12_288
