import type { Millis } from '../store/contract.ts'

/** What began at about the same time. */
interface Slot {
  readonly from: Millis
  /** When the last of it began: it all counts until one span later. */
  last: Millis
  count: number
}

/** What began within less than this part of a span is kept together, so that an account stays small. */
const grains = 32

/** So long what was promised room is waited for. */
const graceMs: Millis = 5_000

const open = { need: 0, from: -Infinity, until: -Infinity }

/** One use of an {@link Account}, to be taken back if it came to nothing. */
export interface Charge {
  readonly account: Account
  readonly slot: Slot
  readonly count: number
}

/**
 * Counts what began in the last span. Nothing is let through that would make more than the limit in any span; what began
 * close together is held to have begun with the last of it.
 */
export class Account {
  readonly #limit: number
  readonly #span: Millis
  readonly #slots: Slot[] = []
  #used = 0
  /**
   * What there was some room for, but not enough: it may have that `from` some time on, and until then nobody has any, and
   * for a while after nobody who needs less.
   */
  #closed = open
  /** Until then, in the order of their asking, room is promised to those who were told to wait. */
  #promisedUntil: Millis = -Infinity

  constructor(limit: number, span: Millis) {
    this.#limit = limit
    this.#span = span
  }

  /** Entries kept. */
  get size(): number {
    return this.#slots.length
  }

  isEmpty(now: Millis): boolean {
    this.#expire(now)
    return this.#slots.length === 0 && this.#closed.until <= now && this.#promisedUntil <= now
  }

  /** How much may begin now. */
  room(now: Millis): number {
    this.#expire(now)
    return now < this.#closed.from ? 0 : Math.max(0, this.#limit - this.#used)
  }

  /** When there is room for something; not in the future: now. */
  roomAt(now: Millis): Millis {
    return Math.max(this.#fitsAt(1, now), this.#closed.from)
  }

  /** When so much may begin, if nothing else does before; not in the future: now. More than the limit goes alone. */
  opensAt(count: number, now: Millis): Millis {
    const at = this.#fitsAt(count, now)
    return count < this.#closed.need ? Math.max(at, this.#closed.until) : at
  }

  #fitsAt(count: number, now: Millis): Millis {
    this.#expire(now)
    let over = this.#used + Math.min(count, this.#limit) - this.#limit
    let at = now
    for (const slot of this.#slots) {
      if (over <= 0) break
      over -= slot.count
      at = Math.max(at, slot.last + this.#span)
    }
    return at
  }

  /** Counts what begins. */
  charge(count: number, now: Millis): Charge {
    this.#expire(now)
    let slot = this.#slots.at(-1)
    if (slot === undefined || now - slot.from >= this.#span / grains) {
      slot = { from: now, last: now, count: 0 }
      this.#slots.push(slot)
    }
    slot.count += count
    if (count >= this.#closed.need) this.#closed = open
    // More than the limit uses up as many spans.
    slot.last = Math.max(slot.last, now + this.#span * (Math.ceil(count / this.#limit) - 1))
    this.#used += count
    return { account: this, slot, count }
  }

  /** Takes back what came to nothing. */
  refund({ slot, count }: Charge): void {
    if (!this.#slots.includes(slot)) return
    slot.count -= count
    this.#used -= count
  }

  /**
   * When that which found no room may come again: one after the other, as room will be. `undefined`: later than `last`, for
   * which nothing is promised.
   */
  promise(count: number, now: Millis, last: Millis): Millis | undefined {
    const fits = this.#fitsAt(count, now)
    const { need } = this.#closed
    if (fits > now && count >= need && (need > 0 || this.room(now) > 0)) {
      if (count > need) {
        this.#closed = { need: count, from: fits, until: fits + graceMs }
        this.#promisedUntil = Math.max(this.#promisedUntil, fits + (this.#span * count) / this.#limit)
      }
      return Math.min(fits, last)
    }
    const promised = Math.max(this.opensAt(count, now), this.#promisedUntil)
    if (promised > last) return undefined
    this.#promisedUntil = promised + (this.#span * count) / this.#limit
    return promised
  }

  #expire(now: Millis): void {
    for (let first = this.#slots[0]; first !== undefined && first.last + this.#span <= now; first = this.#slots[0]) {
      this.#slots.shift()
      this.#used -= first.count
    }
    if (this.#closed.until <= now) this.#closed = open
  }
}
