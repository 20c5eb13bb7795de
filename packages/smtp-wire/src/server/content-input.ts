import type { BareLineEnd, LineCheck } from '../content/lines.ts'
import { type BareLineEnds, DataDecoder } from '../content/unstuff.ts'
import type { Refusal } from '../reply/reply.ts'
import type { WireFault } from './events.ts'
import type { LineInput } from './line-input.ts'
import * as replies from './replies.ts'

/** Why content is refused at its end; no `fault` where the owner of the session said no. */
export interface ContentRefusal {
  readonly fault: WireFault | undefined
  readonly reply: Refusal
  /** The extension that refused, where one did. */
  readonly by?: string
}

/** Content under way: what one DATA or one BDAT brings. */
export interface ContentInput {
  /** Octets this command has brought. */
  readonly octets: number
  /** Octets of the message so far. */
  readonly messageOctets: number
  /** Nothing of the message follows this command. */
  readonly last: boolean
  /** Set, the content is swallowed and then refused. */
  readonly refusal: ContentRefusal | undefined
  /** Reads on: a view of content, `end`, `more` when the input is used up, or nothing to tell. */
  next(input: LineInput): Uint8Array | 'end' | 'more' | undefined
}

/** What follows 354. @rfc 5321 4.1.1.4 */
export class DataInput implements ContentInput {
  readonly last = true
  readonly #limit: number
  readonly #decoder: DataDecoder

  constructor(limit: number, bareLineEnds: BareLineEnds) {
    this.#limit = limit
    this.#decoder = new DataDecoder(bareLineEnds)
  }

  get octets(): number {
    return this.#decoder.octets
  }

  get messageOctets(): number {
    return this.#decoder.octets
  }

  get refusal(): ContentRefusal | undefined {
    if (this.#decoder.octets > this.#limit) return tooBig
    const fault = this.#decoder.fault
    return fault === undefined ? undefined : { fault, reply: replies.contentFaults[fault] }
  }

  next(input: LineInput): Uint8Array | 'end' | 'more' | undefined {
    if (input.waiting === 0) return 'more'
    const step = this.#decoder.next(input.buffer, input.at)
    input.advance(step.consumed)
    if (step.kind !== 'body') return step.kind === 'end' ? 'end' : undefined
    return within(step.octets, this.#decoder.octets, this.#limit)
  }
}

/**
 * The octets one BDAT counts. They are taken even where they are refused. Content that is not declared binary must be
 * lines, as behind DATA: what is passed on by DATA later would end where a look-alike of the end stands.
 *
 * @rfc 3030 2
 */
export class ChunkInput implements ContentInput {
  readonly last: boolean
  readonly #limit: number
  readonly #before: number
  readonly #size: number
  readonly #lines: LineCheck | undefined
  #left: number
  #refusal: ContentRefusal | undefined

  /**
   * @param before octets of the message in the chunks before
   * @param lines sees all chunks of a message that must be lines
   */
  constructor(size: number, last: boolean, before: number, limit: number, lines: LineCheck | undefined) {
    this.last = last
    this.#limit = limit
    this.#before = before
    this.#size = size
    this.#lines = lines
    this.#left = size
  }

  get octets(): number {
    return this.#size - this.#left
  }

  get messageOctets(): number {
    return this.#before + this.octets
  }

  get refusal(): ContentRefusal | undefined {
    return this.#refusal ?? (this.messageOctets > this.#limit ? tooBig : undefined)
  }

  refuse(refusal: ContentRefusal): void {
    this.#refusal = refusal
  }

  next(input: LineInput): Uint8Array | 'end' | 'more' | undefined {
    if (this.#left === 0) {
      if (this.last && this.#refusal === undefined) this.#refuseBare(this.#lines?.end())
      return 'end'
    }
    const taken = Math.min(this.#left, input.waiting)
    if (taken === 0) return 'more'
    const octets = input.buffer.subarray(input.at, input.at + taken)
    input.advance(taken)
    this.#left -= taken
    if (this.#refusal !== undefined) return undefined
    const found = this.#lines?.take(octets)
    this.#refuseBare(found)
    const good =
      found === undefined ? octets : octets.subarray(0, octets.length - (this.messageOctets - tellable(found)))
    return good.length === 0 ? undefined : within(good, this.messageOctets - (octets.length - good.length), this.#limit)
  }

  #refuseBare(found: BareLineEnd | undefined): void {
    if (found !== undefined) this.#refusal = { fault: found.fault, reply: replies.contentFaults[found.fault] }
  }
}

/** Octets of content told before a fault. Whether a CR stood alone shows only behind it, when it may have been told. */
const tellable = ({ fault, at }: BareLineEnd): number => (fault === 'bare-cr' ? at + 1 : at)

/** The part of the octets just read that lies within the limit, so that what is told does not hang on where input is cut. */
function within(octets: Uint8Array, total: number, limit: number): Uint8Array | undefined {
  const over = total - limit
  if (over <= 0) return octets
  return over >= octets.length ? undefined : octets.subarray(0, octets.length - over)
}

const tooBig: ContentRefusal = { fault: 'message-too-big', reply: replies.messageTooBig }
