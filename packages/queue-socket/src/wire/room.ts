interface Wish {
  readonly octets: number
  readonly granted: () => void
}

/**
 * Room for octets: who finds none waits in line, and nobody passes another. As the memory for large frames it is shared by
 * all connections; as the window of one it says how much content may be on its way to the owner.
 */
export class Room {
  readonly #line: Wish[] = []
  #left: number

  constructor(octets: number) {
    this.#left = octets
  }

  /** Takes room if there is some and nobody waits. */
  take(octets: number): boolean {
    if (this.#line.length > 0 || octets > this.#left) return false
    this.#left -= octets
    return true
  }

  /** Calls `granted` at once or later. Returns the way to call it off, which is harmless afterwards. */
  wait(octets: number, granted: () => void): () => void {
    const wish = { octets, granted }
    this.#line.push(wish)
    this.#serve()
    return () => {
      const at = this.#line.indexOf(wish)
      if (at < 0) return
      this.#line.splice(at, 1)
      this.#serve()
    }
  }

  give(octets: number): void {
    this.#left += octets
    this.#serve()
  }

  #serve(): void {
    for (let first = this.#line[0]; first !== undefined && first.octets <= this.#left; first = this.#line[0]) {
      this.#line.shift()
      this.#left -= first.octets
      first.granted()
    }
  }
}
