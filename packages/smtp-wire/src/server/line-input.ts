import { type LineFault, readCommandLine, skipLine } from '../command/line.ts'
import { concat, LF, nothing } from '../octets.ts'
import { fault, needMore, type Step } from '../step.ts'
import { ENDLESS_LINE_OCTETS } from './limits.ts'

/**
 * What a peer sent and nobody has read yet. Holds a copy of an unfinished line only, so it never grows beyond one line;
 * a line over its limit is dropped as it comes.
 */
export class LineInput {
  #input: Uint8Array = nothing
  #at = 0
  #held: Uint8Array = nothing
  /** Octets of an over-long line dropped so far; -1: none is being dropped. */
  #dropped = -1

  /** The buffer stays the caller's; it must not change before it is read to its end. */
  feed(octets: Uint8Array): void {
    this.#input = octets
    this.#at = 0
  }

  /** Unread octets of the last buffer fed. */
  get waiting(): number {
    return this.#input.length - this.#at
  }

  /** The first octet in line, held or unread. */
  get first(): number | undefined {
    return this.#held.length > 0 ? this.#held[0] : this.#input[this.#at]
  }

  /** The buffer and position for a reader of content; it reports back by {@link advance}. */
  get buffer(): Uint8Array {
    return this.#input
  }
  get at(): number {
    return this.#at
  }
  advance(octets: number): void {
    this.#at += octets
  }

  /** Lets go of a buffer that was read to its end. */
  release(): void {
    if (this.waiting > 0) return
    this.#input = nothing
    this.#at = 0
  }

  clear(): void {
    this.#input = nothing
    this.#at = 0
    this.#held = nothing
    this.#dropped = -1
  }

  /** The next line, or its fault once all of the faulty line was dropped. The view is valid until the next `feed`. */
  line(maxOctets: number): Step<Uint8Array, LineFault | 'line-endless'> {
    if (this.#dropped >= 0) return this.#drop()
    if (this.#held.length > 0) return this.#continueLine(maxOctets)
    if (this.waiting === 0) return needMore
    const rest = this.#at === 0 ? this.#input : this.#input.subarray(this.#at)
    const step = readCommandLine(rest, maxOctets)
    if (step.kind === 'item') {
      this.#at += step.consumed
      return step
    }
    if (step.kind === 'need-more') {
      // Not slice: that of a Node buffer is a view.
      this.#held = new Uint8Array(rest)
      this.#at = this.#input.length
      return step
    }
    const length = skipLine(rest)
    if (length === undefined) {
      this.#dropped = 0
      return this.#drop()
    }
    this.#at += length
    return length > ENDLESS_LINE_OCTETS ? fault('line-endless', length) : step
  }

  /** Joins just the rest of one line to what is held, not the whole buffer. */
  #continueLine(maxOctets: number): Step<Uint8Array, LineFault | 'line-endless'> {
    const lf = this.#input.indexOf(LF, this.#at)
    const end = lf === -1 ? this.#input.length : lf + 1
    const taken = Math.min(end, this.#at + maxOctets + 1 - this.#held.length)
    const joined = concat([this.#held, this.#input.subarray(this.#at, taken)])
    this.#at = taken
    const step = readCommandLine(joined, maxOctets)
    this.#held = step.kind === 'need-more' ? joined : nothing
    if (step.kind !== 'fault' || joined[joined.length - 1] === LF) return step
    this.#dropped = joined.length
    return this.#drop()
  }

  #drop(): Step<Uint8Array, LineFault | 'line-endless'> {
    const lf = this.#input.indexOf(LF, this.#at)
    const end = lf === -1 ? this.#input.length : lf + 1
    this.#dropped += end - this.#at
    this.#at = end
    if (this.#dropped > ENDLESS_LINE_OCTETS) return fault('line-endless', this.#dropped)
    if (lf === -1) return needMore
    this.#dropped = -1
    return fault('line-too-long', 0)
  }
}
