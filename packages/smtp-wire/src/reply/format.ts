import { encodeUtf8 } from '../octets.ts'
import type { Reply } from './reply.ts'

/**
 * A reply as octets, one line per element of its text, each at most 512 octets with its CRLF; longer text is folded
 * into further lines. The buffer is shared between calls with the same reply: do not write to it.
 *
 * @param enhanced put the enhanced status in front of each line's text (RFC 2034)
 * @rfc 5321 4.2
 * @rfc 5321 4.5.3.1.5
 */
export function formatReply(reply: Reply, enhanced = false): Uint8Array {
  const cache = enhanced ? enhancedForms : plainForms
  const known = cache.get(reply)
  if (known !== undefined) return known
  const status = enhanced && reply.status !== undefined ? `${reply.status} ` : ''
  const room = LINE_OCTETS - 6 - status.length
  const lines = reply.text.flatMap((line) => fold(line, room))
  const last = lines.length - 1
  const octets = encodeUtf8(lines.map((line, i) => `${reply.code}${i < last ? '-' : ' '}${status}${line}\r\n`).join(''))
  cache.set(reply, octets)
  return octets
}

// Replies are mostly constants; formatting one twice is waste.
const plainForms = new WeakMap<Reply, Uint8Array>()
const enhancedForms = new WeakMap<Reply, Uint8Array>()

function fold(line: string, room: number): string[] {
  if (line.length * 3 <= room || encodeUtf8(line).length <= room) return [line]
  const pieces: string[] = []
  let piece = ''
  let size = 0
  for (const character of line) {
    const octets = encodeUtf8(character).length
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
