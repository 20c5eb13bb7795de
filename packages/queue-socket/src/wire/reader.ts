import type { Frame } from './frames.ts'
import { headOctets } from './frames.ts'
import type { Room } from './room.ts'

/** Bodies up to so many octets are every connection's own; larger ones wait for shared {@link Room}. */
const freeOctets = 1_048_576

/** Where a {@link FrameReader} tells what it found. */
export interface FrameSink {
  frame(frame: Frame): void
  /** The other side does not speak our language; nothing more is read. */
  fault(because: string): void
  /** Nothing is read until {@link FrameSink.flow}. */
  hold(): void
  flow(): void
}

/** Cuts what arrives into frames. */
export class FrameReader {
  readonly #limit: number
  readonly #memory: Room | undefined
  readonly #sink: FrameSink
  readonly #head = Buffer.alloc(headOctets)
  #headFilled = 0
  /** Of the frame under way. */
  #length = 0
  #kind = 0
  #number = 0
  #body: Buffer | undefined
  #bodyFilled = 0
  /** What arrived after the beginning of a frame that waits for memory. */
  #rest: Buffer[] | undefined
  #callOff: (() => void) | undefined
  #granted = 0
  #over = false

  /** @param limit - octets of a body. */
  constructor(limit: number, memory: Room | undefined, sink: FrameSink) {
    this.#limit = limit
    this.#memory = memory
    this.#sink = sink
  }

  /** Whether a frame has begun and not ended, and its end is the other side's to send. */
  get inFrame(): boolean {
    return this.#rest === undefined && (this.#headFilled > 0 || this.#body !== undefined)
  }

  /** Reads a chunk, which becomes the reader's own. */
  read(chunk: Buffer): void {
    if (this.#rest !== undefined) this.#rest.push(chunk)
    else this.#cut(chunk)
  }

  /** Reads no more, and gives back what was granted for a frame that never came. */
  end(): void {
    this.#over = true
    this.#callOff?.()
    this.#rest = undefined
    this.#body = undefined
    this.#giveBack(this.#granted)
    this.#granted = 0
  }

  #cut(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length && !this.#over) {
      if (this.#body !== undefined) {
        at += this.#fill(this.#body, chunk, at)
        continue
      }
      if (this.#headFilled === 0 && chunk.length - at >= headOctets) {
        this.#readHead(chunk, at)
        at += headOctets
      } else {
        const taken = chunk.copy(this.#head, this.#headFilled, at)
        this.#headFilled += taken
        at += taken
        if (this.#headFilled < headOctets) return
        this.#readHead(this.#head, 0)
        this.#headFilled = 0
      }
      const length = this.#length
      if (length < 0 || length > this.#limit) this.#fault(length)
      else if (length <= chunk.length - at) {
        this.#emit(chunk.subarray(at, at + length))
        at += length
      } else if (length <= freeOctets || this.#memory === undefined) this.#begin(length)
      else {
        this.#wait(this.#memory, length, chunk.subarray(at))
        return
      }
    }
  }

  #readHead(from: Buffer, at: number): void {
    this.#length = from.readUInt32BE(at) - (headOctets - 4)
    this.#kind = from[at + 4] ?? 0
    this.#number = from.readUInt32BE(at + 5)
  }

  #begin(length: number): void {
    this.#body = Buffer.allocUnsafeSlow(length)
    this.#bodyFilled = 0
  }

  #fill(body: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(body, this.#bodyFilled, at)
    this.#bodyFilled += taken
    if (this.#bodyFilled < body.length) return taken
    this.#body = undefined
    this.#emit(body)
    return taken
  }

  #emit(body: Buffer): void {
    let granted = this.#granted
    this.#granted = 0
    const release = (): void => {
      this.#giveBack(granted)
      granted = 0
    }
    this.#sink.frame({ kind: this.#kind, number: this.#number, body, release })
  }

  #wait(memory: Room, length: number, rest: Buffer): void {
    let waits = true
    let held = false
    this.#rest = [rest]
    this.#callOff = memory.wait(length, () => {
      waits = false
      const kept = this.#rest ?? []
      this.#rest = undefined
      this.#granted = length
      this.#begin(length)
      for (const chunk of kept) this.read(chunk)
      if (held) this.#sink.flow()
    })
    if (!waits) return
    held = true
    this.#sink.hold()
  }

  #giveBack(octets: number): void {
    if (octets > 0) this.#memory?.give(octets)
  }

  #fault(length: number): void {
    this.#over = true
    this.#sink.fault(length < 0 ? 'a frame has no head' : `a frame of ${length} octets is longer than ${this.#limit}`)
  }
}
