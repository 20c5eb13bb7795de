import { CR, DOT, LF } from '../octets.ts'
import { skipText } from './scan.ts'

/** What can be wrong with content. It is read to its true end all the same. */
export type DataFault = 'bare-lf' | 'bare-cr'

/** What {@link DataDecoder.next} made of the next `consumed` octets; they are none only for a repaired line end. */
export type DataStep =
  /** Nothing to keep: a stuffed dot, a part of the end, or content behind a fault. */
  | { readonly kind: 'none'; readonly consumed: number }
  /** Content, as a view into the buffer; a repaired line end comes by itself. */
  | { readonly kind: 'body'; readonly octets: Uint8Array; readonly consumed: number }
  /** The line with the lone dot. What follows is the next command's. */
  | { readonly kind: 'end'; readonly consumed: number }

/** What becomes of a CR or LF alone in content: a fault, or CRLF in its place. */
export type BareLineEnds = 'refuse' | 'repair'

/**
 * Reads what follows 354, one message. Only CRLF "." CRLF ends it, wherever the input is cut; the first line counts as
 * behind a CRLF. A dot that begins a line is dropped; the line end in front of the last dot belongs to the content.
 *
 * A bare CR or LF begins no line, so no look-alike of the end is ever taken for it. It is a fault: content in front of
 * it is told, content behind it is swallowed. Deviation, where it is asked for: `repair` puts CRLF in its place, for
 * clients that do not know better.
 *
 * @rfc 5321 4.1.1.4
 * @rfc 5321 4.5.2
 * @rfc 5321 2.3.8
 */
export class DataDecoder {
  readonly #repair: boolean
  #state: State = LINE_START
  #octets = 0
  #fault: DataFault | undefined

  constructor(bareLineEnds: BareLineEnds = 'refuse') {
    this.#repair = bareLineEnds === 'repair'
  }

  /** Octets of content so far, unstuffed; swallowed ones too. */
  get octets(): number {
    return this.#octets
  }

  /** The first thing found wrong. */
  get fault(): DataFault | undefined {
    return this.#fault
  }

  /** Reads on from `at`, where there must be an octet. Views last as long as the buffer does. Not for use behind `end`. */
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
          if (octet === CR) {
            const isLineEnd = i + 1 < length && buffer[i + 1] === LF
            this.#state = isLineEnd ? LINE_START : AFTER_CR
            i += isLineEnd ? 2 : 1
          } else if (octet !== LF) i = skipText(buffer, i + 1)
          else if (i > from) return this.#take(buffer, at, from, i)
          else {
            i += 1
            if (this.#repair) return this.#insert(crlf, i - at)
            this.#fault ??= 'bare-lf'
          }
          break
        case AFTER_CR:
          if (octet === LF) {
            this.#state = LINE_START
            i += 1
          } else if (i > from) return this.#take(buffer, at, from, i)
          else {
            this.#state = TEXT
            if (this.#repair) return this.#insert(lf, i - at)
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
          if (this.#repair) return this.#insert(crlf, i - at)
          this.#fault ??= 'bare-cr'
          break
      }
    }
    return this.#take(buffer, at, from, length)
  }

  #take(buffer: Uint8Array, at: number, from: number, end: number): DataStep {
    this.#octets += end - from
    if (end === from || this.#fault !== undefined) return { kind: 'none', consumed: end - at }
    return { kind: 'body', octets: buffer.subarray(from, end), consumed: end - at }
  }

  #insert(octets: Uint8Array, consumed: number): DataStep {
    this.#octets += octets.length
    return { kind: 'body', octets, consumed }
  }
}

const crlf: Uint8Array = Uint8Array.of(CR, LF)
const lf: Uint8Array = crlf.subarray(1)

type State = typeof LINE_START | typeof TEXT | typeof AFTER_CR | typeof AFTER_DOT | typeof AFTER_DOT_CR

const TEXT = 0
const AFTER_CR = 1
/** Behind CRLF, or at the very start. */
const LINE_START = 2
const AFTER_DOT = 3
const AFTER_DOT_CR = 4
