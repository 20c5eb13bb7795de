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

/** What a steady clock is made of. */
export interface SteadyClockOptions {
  readonly clock: Clock
  /** Hears of each jump, as `clock-jumped` with the milliseconds it was `byMs`. Silent by default. */
  readonly log?: Log
  /** A change of the wall clock by so much is taken over at once. By default 5 minutes. */
  readonly toleranceMs?: Millis
}

/** Of a jump one part in so many of the time that passes is made up: an hour in four days. */
const slew = 100

/**
 * A clock for a queue: its `now` follows the wall clock as long as that keeps pace with monotonic time. A jump of more than
 * the tolerance is told, and `now` goes on as if there had been none, so that no wait is cut or drawn out and nothing
 * expires for it; the distance is made up by one part in a hundred of the time that passes. Once the wall clock is back
 * within the tolerance, or the process starts again, it is believed.
 *
 * All that reckons with times of the queue shares one such clock: store, schedule, scheduler and delivery.
 */
export function createSteadyClock({ clock, log = silentLog, toleranceMs = 300_000 }: SteadyClockOptions): Clock {
  let last = clock.monotonic()
  /** From monotonic time to that of the wall clock as last seen, and to the time that is told. */
  let seen = clock.now() - last
  let shift = seen
  return {
    now() {
      const monotonic = clock.monotonic()
      const wall = clock.now()
      const actual = wall - monotonic
      if (Math.abs(actual - seen) > toleranceMs) log.warn('clock-jumped', { byMs: Math.round(actual - seen) })
      const off = actual - shift
      const step = Math.abs(off) <= toleranceMs ? Math.abs(off) : Math.min(Math.abs(off), (monotonic - last) / slew)
      shift += Math.sign(off) * step
      seen = actual
      last = monotonic
      return step === Math.abs(off) ? wall : Math.round(monotonic + shift)
    },
    monotonic: () => clock.monotonic(),
    after: (delay, run) => clock.after(delay, run),
  }
}
