import type { Clock } from './environment.ts'

/** Who waits for something, and not for ever. */
export interface Waiter {
  /** When to expire by the clock's `monotonic`, as things stand; `undefined`: not now. */
  due(): number | undefined
  expire(): void
}

/**
 * One timer for a deadline that moves all the time. A deadline that moves away costs nothing: the timer fires where the
 * old one was, looks, and waits for the rest.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #waiter: Waiter
  #firesAt: number | undefined
  #cancel: (() => void) | undefined

  constructor(clock: Clock, waiter: Waiter) {
    this.#clock = clock
    this.#waiter = waiter
  }

  /** To be called where something begins to be waited for. */
  watch(): void {
    const due = this.#waiter.due()
    if (due === undefined || (this.#firesAt !== undefined && this.#firesAt <= due)) return
    this.#cancel?.()
    this.#firesAt = due
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => this.#fire())
  }

  stop(): void {
    this.#cancel?.()
    this.#firesAt = undefined
  }

  #fire(): void {
    this.#firesAt = undefined
    const due = this.#waiter.due()
    if (due !== undefined && due <= this.#clock.monotonic()) this.#waiter.expire()
    else this.watch()
  }
}
