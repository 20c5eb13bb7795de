/** A number of places, and a queue in front of them. */
export interface Slots {
  /** Resolves when there is a place; first come, first served. */
  take(): Promise<void>
  giveBack(): void
}

/** Makes so many places. */
export function createSlots(places: number): Slots {
  let free = places
  let waiting: (() => void)[] = []
  let next = 0
  return {
    async take() {
      if (free > 0) {
        free--
        return
      }
      await new Promise<void>((resolve) => waiting.push(resolve))
    },
    giveBack() {
      const first = waiting[next++]
      if (first === undefined) {
        free++
        next = 0
        waiting = []
        return
      }
      // What was served is cut off now and then, not at each step, so that a long queue stays linear.
      if (next > 1000 && next * 2 > waiting.length) {
        waiting = waiting.slice(next)
        next = 0
      }
      first()
    },
  }
}
