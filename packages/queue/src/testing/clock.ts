import type { Cancel, Clock } from '../clock.ts'
import type { Instant, Millis } from '../store/contract.ts'

/** A clock that stands still until told to move. */
export interface ManualClock extends Clock {
  /** Moves time on, running timers in order of their time, with other tasks let through between them. */
  advance(by: Millis): Promise<void>
  /** Moves the wall clock only, as an administrator or NTP does; timers stay. */
  jump(by: Millis): void
  /** Timers set and neither run nor called off. */
  readonly timers: number
}

interface Timer {
  readonly at: Millis
  readonly run: () => void
}

/** Makes a {@link ManualClock}. */
export function createManualClock(start: Instant = 1_790_000_000_000): ManualClock {
  let monotonic = 0
  let offset = start
  const timers = new Set<Timer>()
  const due = (until: Millis): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
  return {
    now: () => offset + monotonic,
    monotonic: () => monotonic,
    after(delay: Millis, run: () => void): Cancel {
      const timer = { at: monotonic + Math.max(0, delay), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(by) {
      const until = monotonic + by
      await settled()
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer)
        monotonic = Math.max(monotonic, timer.at)
        timer.run()
        await settled()
      }
      monotonic = until
      await settled()
    },
    jump(by) {
      offset += by
    },
    get timers() {
      return timers.size
    },
  }
}

/** Lets promises that hang on each other come to rest; what waits for real I/O is not waited for. */
export async function settled(turns = 100): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}
