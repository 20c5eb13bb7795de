import { WireError } from '../error.ts'
import { CR, LF } from '../octets.ts'
import { skipText } from './scan.ts'

/** Sees that content consists of lines, chunk by chunk; one a message. @rfc 5321 2.3.8 */
export class LineCheck {
  #octets = 0
  #last = LF

  /** @throws WireError BARE_LINE_END for a CR or LF alone */
  take(chunk: Uint8Array): void {
    const { length } = chunk
    if (length === 0) return
    let i = 0
    if (this.#last === CR) {
      if (chunk[0] !== LF) throw bareLineEnd(this.#octets - 1)
      i = 1
    }
    for (i = skipText(chunk, i); i < length; i = skipText(chunk, i)) {
      const octet = chunk[i]
      if (octet === LF) throw bareLineEnd(this.#octets + i)
      i += 1
      if (octet !== CR || i === length) continue
      if (chunk[i] !== LF) throw bareLineEnd(this.#octets + i - 1)
      i += 1
    }
    this.#octets += length
    this.#last = chunk[length - 1] as number
  }

  /** @throws WireError BARE_LINE_END when the content ended in a CR */
  end(): void {
    if (this.#last === CR) throw bareLineEnd(this.#octets - 1)
  }
}

/** Content that must not be sent as lines. */
export function bareLineEnd(at: number): WireError<'BARE_LINE_END'> {
  return new WireError('BARE_LINE_END', `content holds CR or LF alone at octet ${at}`, { at })
}
