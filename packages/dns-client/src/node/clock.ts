import { randomBytes, randomInt } from 'node:crypto'
import type { Clock, Random } from '../clock.ts'

/** The machine's clock. */
export const nodeClock: Clock = {
  monotonic: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  },
}

/** The machine's source of randomness, fit for what must not be guessed. */
export const nodeRandom: Random = {
  bytes: (count) => randomBytes(count),
  below: (limit) => randomInt(limit),
}
