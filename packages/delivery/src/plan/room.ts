import type { Stop } from '../transport/stop.ts'

/** Memory set aside for contents that are converted, given out in the order it was asked for. */
export class Room {
  readonly size: number
  #free: number
  readonly #waiting: { readonly octets: number; readonly give: () => void }[] = []

  constructor(size: number) {
    this.size = size
    this.#free = size
  }

  /** Waits for room; `false` when told to stop before. `octets`: up to `size`. */
  async take(octets: number, stop: Stop): Promise<boolean> {
    if (stop.aborted) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = { octets, give: () => resolve(true) }
    this.#waiting.push(waiting)
    this.#serve()
    const release = stop.on(() => {
      const at = this.#waiting.indexOf(waiting)
      if (at !== -1) this.#waiting.splice(at, 1)
      resolve(false)
      this.#serve()
    })
    try {
      return await promise
    } finally {
      release()
    }
  }

  /** Ends a `take`. */
  give(octets: number): void {
    this.#free += octets
    this.#serve()
  }

  #serve(): void {
    for (let first = this.#waiting[0]; first !== undefined && first.octets <= this.#free; first = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= first.octets
      first.give()
    }
  }
}
