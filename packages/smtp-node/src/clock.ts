import { randomBytes, randomFillSync, randomInt } from 'node:crypto'
import type { Clock } from '@angarium/smtp-wire/drive'

/** The machine's randomness, fit for what must not be guessed; what `@angarium/queue` asks of it. */
export interface NodeRandom {
  /** So many octets in a buffer of the caller's own. */
  bytes(count: number): Uint8Array
  /** A whole number from 0 up to, not including, `limit`; `limit` is 1 to 2^48. */
  below(limit: number): number
}

/**
 * Makes a clock of the machine's, for `@angarium/smtp-wire/drive` and `@angarium/queue` alike. A wait may be of any
 * length. With `unref` its timers do not keep the process running.
 */
export function createNodeClock(options: { readonly unref?: boolean } = {}): Clock {
  const unref = options.unref === true
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(delay, run) {
      const wait = new Wait(delay, run, unref)
      return () => wait.cancel()
    },
  }
}

/** One call of `after`. There is one for each connection, so it keeps little. */
class Wait {
  readonly #run: () => void
  readonly #unref: boolean
  readonly #due: number
  #timer: NodeJS.Timeout

  constructor(delay: number, run: () => void, unref: boolean) {
    this.#run = run
    this.#unref = unref
    this.#due = performance.now() + delay
    this.#timer = this.#start(delay)
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }

  /** Timers of Node run up to a millisecond early, and at once beyond 2^31 - 1. */
  #start(left: number): NodeJS.Timeout {
    const timer = setTimeout(Wait.#wake, Math.min(Math.max(Math.ceil(left), 1), LONGEST_TIMEOUT), this)
    return this.#unref ? timer.unref() : timer
  }

  static #wake(this: void, wait: Wait): void {
    const left = wait.#due - performance.now()
    if (left > 0) wait.#timer = wait.#start(left)
    else wait.#run()
  }
}

/** The machine's clock; its timers keep the process running. */
export const nodeClock: Clock = createNodeClock()

/** The machine's randomness. */
export const nodeRandom: NodeRandom = {
  bytes: (count) => (count > POOLED ? randomBytes(count) : takeRandom(count)),
  // `randomInt` takes one less than 2^48.
  below: (limit) => (limit === 2 ** 48 ? randomBytes(6).readUIntBE(0, 6) : randomInt(limit)),
}

/** A call of the system's costs as much as a hundred octets do. What is taken is wiped here. */
function takeRandom(count: number): Uint8Array {
  if (poolAt + count > pool.length) {
    randomFillSync(pool)
    poolAt = 0
  }
  const taken = pool.slice(poolAt, poolAt + count)
  pool.fill(0, poolAt, poolAt + count)
  poolAt += count
  return taken
}

const pool = new Uint8Array(4_096)
let poolAt = pool.length
const POOLED = 64

const LONGEST_TIMEOUT = 2 ** 31 - 1
