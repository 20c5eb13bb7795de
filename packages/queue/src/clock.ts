import type { Instant, Millis } from './store/contract.ts'

/** Calls off a timer. Harmless after it ran and when called twice. */
export type Cancel = () => void

/** Time, handed in. */
export interface Clock {
  /** Wall-clock time; may jump. */
  now(): Instant
  /** Time that never runs back, from an arbitrary start. */
  monotonic(): Millis
  /** Runs `run` once after at least `delay` milliseconds of monotonic time, never before returning. */
  after(delay: Millis, run: () => void): Cancel
}

/** Randomness, handed in. Ids need a source that cannot be guessed; jitter does not care. */
export interface Random {
  /** So many octets in a buffer of the caller's own. */
  bytes(count: number): Uint8Array
  /** A whole number from 0 up to, not including, `limit`; `limit` is 1 to 2^48. */
  below(limit: number): number
}

/** Where a part tells what it did. Remote text in `fields` is data: the receiver escapes it. */
export interface Log {
  info(event: string, fields: Readonly<Record<string, unknown>>): void
  warn(event: string, fields: Readonly<Record<string, unknown>>): void
}

/** Says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined }
