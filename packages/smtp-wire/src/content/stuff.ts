import { CR, concat, DOT, encodeUtf8, LF } from '../octets.ts'
import { bareLineEnd } from './lines.ts'
import { skipText } from './scan.ts'

/**
 * Makes content fit to follow 354, chunk by chunk; one encoder a message. A dot that begins a line is doubled, wherever
 * the chunks are cut. A CR or LF alone is refused: a server that took it for a line end could read a second message in
 * it. What was sent before the refusal is no message; the only way out is to end the connection.
 *
 * @rfc 5321 4.5.2
 * @rfc 5321 2.3.8
 */
export class DataEncoder {
  #octets = 0
  /** The last octet; content begins as if behind a line end. */
  #last = LF

  /** Octets of content taken so far, unstuffed. */
  get octets(): number {
    return this.#octets
  }

  /**
   * A chunk as octets to send, in order: views into it, cut at the dots; one new buffer where they are many. Empty for
   * an empty chunk.
   *
   * @throws WireError BARE_LINE_END, and nothing of the chunk is to be sent
   */
  encode(chunk: Uint8Array): readonly Uint8Array[] {
    const length = chunk.length
    const last = chunk[length - 1]
    if (last === undefined) return []
    const parts: Uint8Array[] = []
    let from = 0
    let i = 0
    let lineStart = this.#last === LF
    if (this.#last === CR) {
      if (chunk[0] !== LF) throw bareLineEnd(this.#octets - 1)
      i = 1
      lineStart = true
    }
    while (i < length) {
      const octet = chunk[i] as number
      if (octet === DOT && lineStart) {
        // The dot stands at the end of one view and at the start of the next.
        parts.push(chunk.subarray(from, i + 1))
        from = i
      }
      lineStart = false
      if (octet === LF) throw bareLineEnd(this.#octets + i)
      if (octet !== CR) {
        i = skipText(chunk, i + 1)
        continue
      }
      i += 1
      if (i === length) break
      if (chunk[i] !== LF) throw bareLineEnd(this.#octets + i - 1)
      i += 1
      lineStart = true
    }
    this.#octets += length
    this.#last = last
    parts.push(from === 0 ? chunk : chunk.subarray(from))
    return parts.length > MANY_PARTS ? [concat(parts)] : parts
  }

  /**
   * What ends the content: the line with the lone dot, behind a CRLF where the content lacks its own. Shared: do not
   * write to it.
   *
   * @throws WireError BARE_LINE_END when the content ended in a CR
   */
  end(): Uint8Array {
    if (this.#last === CR) throw bareLineEnd(this.#octets - 1)
    return this.#last === LF ? endOfLines : endOfText
  }
}

const MANY_PARTS = 64
const endOfLines = encodeUtf8('.\r\n')
const endOfText = encodeUtf8('\r\n.\r\n')
