import { DASH, LF, nothing } from '../octets.ts'
import { type ReplyFault, type ReplyLimits, readReply } from '../reply/read-reply.ts'
import type { Reply } from '../reply/reply.ts'
import { needMore, type Step } from '../step.ts'

/**
 * What a server sent and nobody has read yet. Looks at each octet once until a reply's last line is there, so a reply
 * that comes in single octets costs no more than one that comes whole. Holds no more than one reply and one read.
 */
export class ReplyInput {
  readonly #limits: ReplyLimits
  #buffer: Uint8Array = nothing
  /** Where the reply, the line and the unseen octets begin, and where all ends. */
  #reply = 0
  #line = 0
  #seen = 0
  #end = 0
  #lines = 0

  constructor(limits: ReplyLimits) {
    this.#limits = limits
  }

  /** Octets that belong to no reply yet. */
  get waiting(): number {
    return this.#end - this.#reply
  }

  /** Takes a copy. */
  feed(octets: Uint8Array): void {
    const held = this.waiting
    if (this.#reply > 0 || this.#buffer.length < held + octets.length) {
      const fits = this.#buffer.length >= held + octets.length
      const target = fits ? this.#buffer : new Uint8Array(Math.max(LEAST_OCTETS, 2 * held, held + octets.length))
      target.set(this.#buffer.subarray(this.#reply, this.#end))
      this.#buffer = target
      this.#line -= this.#reply
      this.#seen -= this.#reply
      this.#reply = 0
    }
    this.#buffer.set(octets, held)
    this.#end = held + octets.length
  }

  /** The next whole reply, or what is wrong with it. After a fault there is no way on. */
  next(): Step<Reply, ReplyFault> {
    for (;;) {
      const lf = this.#buffer.subarray(0, this.#end).indexOf(LF, this.#seen)
      if (lf === -1) {
        this.#seen = this.#end
        return this.#end - this.#line >= this.#limits.lineOctets ? this.#read() : needMore
      }
      const last = lf - this.#line < 4 || this.#buffer[this.#line + 3] !== DASH
      this.#seen = lf + 1
      this.#line = lf + 1
      this.#lines += 1
      // The first line is looked at by itself: what is no reply shows there.
      const step = last || this.#lines === 1 || this.#lines >= this.#limits.lines ? this.#read() : needMore
      if (step.kind !== 'need-more') return step
    }
  }

  clear(): void {
    this.#buffer = nothing
    this.#reply = this.#line = this.#seen = this.#end = this.#lines = 0
  }

  #read(): Step<Reply, ReplyFault> {
    const step = readReply(this.#buffer.subarray(this.#reply, this.#end), this.#limits)
    if (step.kind === 'item') {
      this.#reply += step.consumed
      this.#line = this.#seen = this.#reply
      this.#lines = 0
      if (this.#reply === this.#end && this.#buffer.length > LEAST_OCTETS) this.clear()
    }
    return step
  }
}

const LEAST_OCTETS = 512
