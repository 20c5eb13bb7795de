import { CR, DOT, LF } from '../octets.ts'
import { skipText } from './scan.ts'

/** What can be wrong with content. It is read to its true end all the same. */
export type DataFault = 'bare-lf' | 'bare-cr'

/** What {@link DataDecoder.next} made of the next `consumed` octets, of which there is at least one. */
export type DataStep =
  /** Nothing to keep: a stuffed dot, a part of the end, or content behind a fault. */
  | { readonly kind: 'none'; readonly consumed: number }
  /** Content, as a view into the buffer. */
  | { readonly kind: 'body'; readonly octets: Uint8Array; readonly consumed: number }
  /** The line with the lone dot. What follows is the next command's. */
  | { readonly kind: 'end'; readonly consumed: number }

/**
 * Reads what follows 354, one message. Only CRLF "." CRLF ends it, wherever the input is cut; the first line counts as
 * behind a CRLF. A dot that begins a line is dropped; the line end in front of the last dot belongs to the content.
 *
 * A bare CR or LF is a fault: content in front of it has been told, content behind it is swallowed, and neither begins
 * a line, so no look-alike of the end is ever taken for it.
 *
 * @rfc 5321 4.1.1.4
 * @rfc 5321 4.5.2
 * @rfc 5321 2.3.8
 */
export class DataDecoder {
  #state: State = LINE_START
  #octets = 0
  #fault: DataFault | undefined

  /** Octets of content so far, unstuffed; swallowed ones too. */
  get octets(): number {
    return this.#octets
  }

  /** The first thing found wrong. */
  get fault(): DataFault | undefined {
    return this.#fault
  }

  /** Reads on from `at`, where there must be an octet. Views last as long as the buffer does. Not to be called again after `end`. */
  next(buffer: Uint8Array, at: number): DataStep {
    const length = buffer.length
    let from = at
    let i = at
    while (i < length) {
      const octet = buffer[i] as number
      switch (this.#state) {
        case LINE_START:
          if (octet !== DOT) this.#state = TEXT
          else if (i > from) return this.#take(buffer, at, from, i)
          else {
            this.#state = AFTER_DOT
            i += 1
            from = i
          }
          break
        case TEXT:
          if (octet === LF) {
            if (this.#fault === undefined && i > from) return this.#break('bare-lf', buffer, at, from, i)
            this.#fault ??= 'bare-lf'
            i += 1
          } else if (octet === CR) {
            const isLineEnd = i + 1 < length && buffer[i + 1] === LF
            this.#state = isLineEnd ? LINE_START : AFTER_CR
            i += isLineEnd ? 2 : 1
          } else i = skipText(buffer, i + 1)
          break
        case AFTER_CR:
          if (octet === LF) {
            this.#state = LINE_START
            i += 1
          } else {
            this.#state = TEXT
            if (this.#fault === undefined && i > from) return this.#break('bare-cr', buffer, at, from, i)
            this.#fault ??= 'bare-cr'
          }
          break
        case AFTER_DOT:
          if (octet === CR) {
            this.#state = AFTER_DOT_CR
            i += 1
            from = i
          } else this.#state = TEXT
          break
        case AFTER_DOT_CR:
          if (octet === LF) return { kind: 'end', consumed: i + 1 - at }
          this.#state = TEXT
          this.#fault ??= 'bare-cr'
          break
      }
    }
    return this.#take(buffer, at, from, length)
  }

  #break(fault: DataFault, buffer: Uint8Array, at: number, from: number, end: number): DataStep {
    const step = this.#take(buffer, at, from, end)
    this.#fault = fault
    return step
  }

  #take(buffer: Uint8Array, at: number, from: number, end: number): DataStep {
    this.#octets += end - from
    if (end === from || this.#fault !== undefined) return { kind: 'none', consumed: end - at }
    return { kind: 'body', octets: buffer.subarray(from, end), consumed: end - at }
  }
}

type State = typeof LINE_START | typeof TEXT | typeof AFTER_CR | typeof AFTER_DOT | typeof AFTER_DOT_CR

const TEXT = 0
const AFTER_CR = 1
/** Behind CRLF, or at the very start. */
const LINE_START = 2
const AFTER_DOT = 3
const AFTER_DOT_CR = 4
