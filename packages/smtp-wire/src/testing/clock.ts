import type { Clock, Instant } from '../drive/environment.ts'

/** A clock that stands still until told to move. */
export interface ManualClock extends Clock {
  /** Moves time on, running timers in order of their time, with other tasks let through between them. */
  advance(by: number): Promise<void>
  /** Timers set and neither run nor called off. */
  readonly timers: number
}

interface Timer {
  readonly at: number
  readonly run: () => void
}

/** Makes a {@link ManualClock}. */
export function createManualClock(start: Instant = 1_790_000_000_000): ManualClock {
  let time = 0
  const timers = new Set<Timer>()
  const due = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) if (timer.at <= until && (first === undefined || timer.at < first.at)) first = timer
    return first
  }
  return {
    now: () => start + time,
    monotonic: () => time,
    after(delay, run) {
      const timer = { at: time + Math.max(0, delay), run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(by) {
      const until = time + by
      await settled()
      for (let timer = due(until); timer !== undefined; timer = due(until)) {
        timers.delete(timer)
        time = Math.max(time, timer.at)
        timer.run()
        await settled()
      }
      time = until
      await settled()
    },
    get timers() {
      return timers.size
    },
  }
}

/** Lets promises that hang on each other come to rest. */
export async function settled(turns = 100): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}
