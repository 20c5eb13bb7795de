import { WireError } from '../error.ts'
import { CR, LF } from '../octets.ts'
import { skipText } from './scan.ts'
import type { DataFault } from './unstuff.ts'

/** A CR or LF alone, and where: octets of content before it. */
export interface BareLineEnd {
  readonly fault: DataFault
  readonly at: number
}

/** Sees whether content consists of lines, chunk by chunk; one a message, up to its first fault. @rfc 5321 2.3.8 */
export class LineCheck {
  #octets = 0
  #last = LF

  take(chunk: Uint8Array): BareLineEnd | undefined {
    const { length } = chunk
    const last = chunk[length - 1]
    if (last === undefined) return undefined
    const before = this.#octets
    let i = 0
    if (this.#last === CR) {
      if (chunk[0] !== LF) return { fault: 'bare-cr', at: before - 1 }
      i = 1
    }
    for (i = skipText(chunk, i); i < length; i = skipText(chunk, i)) {
      const octet = chunk[i]
      if (octet === LF) return { fault: 'bare-lf', at: before + i }
      i += 1
      if (octet !== CR || i === length) continue
      if (chunk[i] !== LF) return { fault: 'bare-cr', at: before + i - 1 }
      i += 1
    }
    this.#octets += length
    this.#last = last
    return undefined
  }

  /** Nothing follows. */
  end(): BareLineEnd | undefined {
    return this.#last === CR ? { fault: 'bare-cr', at: this.#octets - 1 } : undefined
  }
}

/** For content that must not be sent as lines. */
export function bareLineEnd(at: number): WireError<'BARE_LINE_END'> {
  return new WireError('BARE_LINE_END', `content holds CR or LF alone at octet ${at}`, { at })
}
