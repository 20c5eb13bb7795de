import type { Clock } from '../drive/environment.ts'
import { concat } from '../octets.ts'

/** Where a direction breaks. */
export interface Break {
  /** Octets that still pass. */
  readonly after: number
  /** `cut`: both ends read what has passed, and then the end. `stall`: nothing more arrives, and nobody is told. */
  readonly how: 'cut' | 'stall'
}

/** How one direction behaves. */
export interface PipeOptions {
  readonly clock: Clock
  /** Milliseconds from a write to its arrival. */
  readonly delay: number
  /** Octets held before a writer has to wait. */
  readonly room: number
  /** The most octets the next read yields. */
  readonly piece: () => number
  readonly break: Break | undefined
  /** Cuts both directions. */
  readonly cut: () => void
}

/** One direction of a connection: octets in order, held until read. */
export class Pipe {
  readonly #options: PipeOptions
  #arrived: Uint8Array[] = []
  #held = 0
  #passed = 0
  /** Rises when what is on its way must not arrive any more. */
  #epoch = 0
  #closed = false
  #ended = false
  #reader: ((octets: Uint8Array | undefined) => void) | undefined
  #writers: (() => void)[] = []

  constructor(options: PipeOptions) {
    this.#options = options
  }

  /** Takes a copy. A promise while more is held than there is room for. */
  write(octets: Uint8Array): Promise<void> | undefined {
    if (this.#closed || octets.length === 0) return undefined
    const limit = this.#options.break
    const passing = limit === undefined ? octets : octets.subarray(0, Math.max(0, limit.after - this.#passed))
    this.#passed += octets.length
    this.#held += octets.length
    if (passing.length > 0) {
      const copy = passing.slice()
      this.#arrive(() => this.#arrived.push(copy))
    }
    if (limit?.how === 'cut' && this.#passed >= limit.after) this.#options.cut()
    if (this.#closed || this.#held <= this.#options.room) return undefined
    return new Promise((resolve) => this.#writers.push(resolve))
  }

  /** The end, behind all that was written. */
  end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#release()
    const limit = this.#options.break
    if (limit?.how === 'stall' && this.#passed >= limit.after) return
    this.#arrive(() => {
      this.#ended = true
    })
  }

  /** The end at once; what is held is lost. */
  destroy(): void {
    this.discard()
    this.#closed = true
    this.#ended = true
    this.#serve()
  }

  /** Throws away what is held and on its way. */
  discard(): void {
    this.#epoch += 1
    this.#arrived = []
    this.#held = 0
    this.#release()
  }

  read(): Promise<Uint8Array | undefined> {
    if (this.#reader !== undefined) throw new Error('two reads at a time')
    return new Promise((resolve) => {
      this.#reader = resolve
      this.#serve()
    })
  }

  #arrive(happen: () => void): void {
    const epoch = this.#epoch
    const arrive = (): void => {
      if (epoch !== this.#epoch) return
      happen()
      this.#serve()
    }
    if (this.#options.delay === 0) arrive()
    else this.#options.clock.after(this.#options.delay, arrive)
  }

  #serve(): void {
    const reader = this.#reader
    if (reader === undefined || (this.#arrived.length === 0 && !this.#ended)) return
    this.#reader = undefined
    reader(this.#arrived.length === 0 ? undefined : this.#take())
  }

  #take(): Uint8Array {
    const whole = concat(this.#arrived)
    const taken = whole.slice(0, Math.max(1, this.#options.piece()))
    this.#arrived = taken.length < whole.length ? [whole.subarray(taken.length)] : []
    this.#held -= taken.length
    if (this.#held <= this.#options.room) this.#release()
    return taken
  }

  #release(): void {
    const writers = this.#writers
    this.#writers = []
    for (const resume of writers) resume()
  }
}
