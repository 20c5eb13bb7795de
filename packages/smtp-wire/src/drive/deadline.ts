import type { Clock } from './environment.ts'

/**
 * One timer for a deadline that moves all the time. A deadline that moves away costs nothing: the timer fires where the
 * old one was, looks, and waits for the rest.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #due: () => number | undefined
  readonly #expire: () => void
  #firesAt: number | undefined
  #cancel: () => void = () => undefined

  /** @param due when to expire, asked at each {@link watch} and when the timer fires; `undefined`: not now */
  constructor(clock: Clock, due: () => number | undefined, expire: () => void) {
    this.#clock = clock
    this.#due = due
    this.#expire = expire
  }

  /** To be called where something begins to be waited for. */
  watch(): void {
    const due = this.#due()
    if (due === undefined || (this.#firesAt !== undefined && this.#firesAt <= due)) return
    this.#cancel()
    this.#firesAt = due
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => this.#fire())
  }

  stop(): void {
    this.#cancel()
    this.#firesAt = undefined
  }

  #fire(): void {
    this.#firesAt = undefined
    const due = this.#due()
    if (due !== undefined && due <= this.#clock.monotonic()) this.#expire()
    else this.watch()
  }
}
