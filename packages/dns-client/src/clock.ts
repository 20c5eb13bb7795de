/** A span of time in whole or broken seconds. */
export type Seconds = number

/** A span of time in milliseconds. */
export type Millis = number

/** Calls off what was started. Harmless when it is over and when called twice. */
export type Cancel = () => void

/** Time, handed in. The resolver never reads the wall clock, so a jump of it neither ages nor renews the cache. */
export interface Clock {
  /** Milliseconds that never run back, from an arbitrary start. */
  monotonic(): Millis
  /** Runs `run` once after at least `delay` milliseconds, never before returning. */
  after(delay: Millis, run: () => void): Cancel
}

/** Randomness, handed in. It must come from a source that cannot be guessed: it is what keeps forged answers out. */
export interface Random {
  /** So many octets in a buffer of the caller's own. */
  bytes(count: number): Uint8Array
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number
}
