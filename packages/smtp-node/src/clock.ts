import { randomBytes, randomInt } from 'node:crypto'
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
      const due = performance.now() + delay
      let timer: NodeJS.Timeout
      // Timers of Node run up to a millisecond early, and at once beyond 2^31 - 1.
      const wait = (left: number): void => {
        timer = setTimeout(wake, Math.min(Math.max(Math.ceil(left), 1), LONGEST_TIMEOUT))
        if (unref) timer.unref()
      }
      const wake = (): void => {
        const left = due - performance.now()
        if (left > 0) wait(left)
        else run()
      }
      wait(delay)
      return () => clearTimeout(timer)
    },
  }
}

/** The machine's clock; its timers keep the process running. */
export const nodeClock: Clock = createNodeClock()

/** The machine's randomness. */
export const nodeRandom: NodeRandom = {
  bytes: (count) => randomBytes(count),
  // `randomInt` takes one less than 2^48.
  below: (limit) => (limit === 2 ** 48 ? randomBytes(6).readUIntBE(0, 6) : randomInt(limit)),
}

const LONGEST_TIMEOUT = 2 ** 31 - 1
