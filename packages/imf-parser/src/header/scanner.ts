import { ImfError } from '../error.ts'
import { CR, LF } from '../octets.ts'
import { type HeaderPiece, isWhite, judgePiece } from './field.ts'
import { type HeaderLimits, headerLimits } from './limits.ts'

/** What a scanner answers: the next piece, a wish for more octets, the end of the header, or a limit that was met. */
export type HeaderStep = HeaderPiece | HeaderNeedsMore | HeaderEnd | HeaderFault

/** All octets fed so far were looked at. */
export interface HeaderNeedsMore {
  readonly kind: 'need-more'
}

/** The header is over. */
export interface HeaderEnd {
  readonly kind: 'end'
  /** Whether an empty line ended the header, or the content was over before there was one. */
  readonly by: 'empty-line' | 'content-end'
  /** Offset behind the last piece: where the empty line begins. */
  readonly at: number
  /** Offset of the body's first octet. */
  readonly bodyStart: number
  /** What was fed behind the header: a view into the last chunk. */
  readonly rest: Uint8Array
}

/** A limit was met. The header is not looked at further; every later answer is the same. */
export interface HeaderFault {
  readonly kind: 'fault'
  readonly fault: 'header-too-long' | 'too-many-fields'
  /** Offset of the first octet that belongs to no piece. */
  readonly at: number
}

/**
 * Frames a header that arrives in chunks. Use: `feed`, then `next` until it wants more, and so on to the end.
 *
 * Fields lie in the chunk they came in; one that spans chunks is copied. A chunk may be written over once `next` has
 * said `need-more`, if the fields seen are no longer needed.
 */
export interface HeaderScanner {
  /** @throws ImfError SCANNER_MISUSE before the last chunk was scanned to its end, and after `finish` or the end */
  feed(chunk: Uint8Array): void
  /** The content is over: what is left is the last piece. */
  finish(): void
  /** The next piece, or why there is none. */
  next(): HeaderStep
}

/**
 * Begins to frame a header. A line ends with LF, with or without CR; the first empty line ends the header. Every
 * octet belongs to a piece or to the empty line, so the pieces' `raw` joined are the header.
 *
 * @rfc 5322 2.2
 */
export function createHeaderScanner(limits: HeaderLimits = headerLimits): HeaderScanner {
  return new Scanner(limits)
}

class Scanner implements HeaderScanner {
  readonly #limits: HeaderLimits
  #chunk: Uint8Array = nothing
  /** Offset of the chunk's first octet in the content. */
  #chunkOffset = 0
  #at = 0
  /** Where the present piece begins in the chunk; 0 when it began before. */
  #pieceStart = 0
  /** Octets of the present piece from earlier chunks. */
  #carry: Uint8Array = nothing
  #carried = 0
  /** `line-start`: the next octet decides. `cr`: the piece so far is one CR. */
  #state: 'line-start' | 'cr' | 'in-line' = 'line-start'
  #pieces = 0
  #finished = false
  #last: HeaderEnd | HeaderFault | undefined

  constructor(limits: HeaderLimits) {
    this.#limits = limits
  }

  feed(chunk: Uint8Array): void {
    if (this.#finished || this.#last !== undefined || this.#at < this.#chunk.length)
      throw new ImfError('SCANNER_MISUSE', 'a header scanner was fed out of turn', { operation: 'feed' })
    this.#chunkOffset += this.#chunk.length
    this.#chunk = chunk
    this.#at = 0
    this.#pieceStart = 0
  }

  finish(): void {
    this.#finished = true
  }

  next(): HeaderStep {
    if (this.#last !== undefined) return this.#last
    const chunk = this.#chunk
    for (;;) {
      if (this.#state === 'in-line') {
        const lf = chunk.indexOf(LF, this.#at)
        if (lf === -1) {
          this.#at = chunk.length
          return this.#pause()
        }
        this.#at = lf + 1
        this.#state = 'line-start'
      }
      if (this.#at === chunk.length) return this.#pause()
      const octet = chunk[this.#at] as number
      if (this.#state === 'cr') {
        if (octet === LF) return this.#end('empty-line', this.#at + 1)
        this.#state = 'in-line'
      } else if (this.#pieceLength() > 0) {
        if (!isWhite(octet)) return this.#take()
        this.#state = 'in-line'
      } else if (octet === LF) return this.#end('empty-line', this.#at + 1)
      else if (octet === CR) {
        this.#at += 1
        this.#state = 'cr'
      } else this.#state = 'in-line'
    }
  }

  #pieceLength(): number {
    return this.#carried + this.#at - this.#pieceStart
  }

  #offset(): number {
    return this.#chunkOffset + this.#at
  }

  /** The chunk is used up: keep the piece begun, or end with it. */
  #pause(): HeaderStep {
    if (this.#offset() > this.#limits.octets) return this.#fault('header-too-long')
    if (this.#finished) return this.#pieceLength() > 0 ? this.#take() : this.#end('content-end', this.#at)
    this.#keep()
    this.#pieceStart = this.#at
    return needsMore
  }

  #keep(): void {
    const part = this.#chunk.subarray(this.#pieceStart, this.#at)
    const length = this.#carried + part.length
    if (length > this.#carry.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#carry.length))
      larger.set(this.#carry.subarray(0, this.#carried))
      this.#carry = larger
    }
    this.#carry.set(part, this.#carried)
    this.#carried = length
  }

  /** Hands out the piece that ends here. */
  #take(): HeaderStep {
    if (this.#offset() > this.#limits.octets) return this.#fault('header-too-long')
    if (this.#pieces === this.#limits.fields) return this.#fault('too-many-fields')
    const start = this.#offset() - this.#pieceLength()
    let raw = this.#chunk.subarray(this.#pieceStart, this.#at)
    if (this.#carried > 0) {
      this.#keep()
      raw = this.#carry.subarray(0, this.#carried)
      this.#carry = nothing
      this.#carried = 0
    }
    this.#pieceStart = this.#at
    this.#state = 'line-start'
    this.#pieces += 1
    return judgePiece(raw, start, this.#limits)
  }

  #end(by: HeaderEnd['by'], bodyAt: number): HeaderStep {
    const bodyStart = this.#chunkOffset + bodyAt
    if (bodyStart > this.#limits.octets) return this.#fault('header-too-long')
    const at = this.#offset() - this.#pieceLength()
    this.#last = { kind: 'end', by, at, bodyStart, rest: this.#chunk.subarray(bodyAt) }
    return this.#last
  }

  #fault(fault: HeaderFault['fault']): HeaderStep {
    this.#last = { kind: 'fault', fault, at: this.#offset() - this.#pieceLength() }
    return this.#last
  }
}

const nothing = new Uint8Array(0)
const needsMore: HeaderNeedsMore = { kind: 'need-more' }
