interface Wish {
  readonly octets: number
  readonly granted: () => void
}

/** Room for large frames, shared by all connections: who finds none waits in line. */
export class Memory {
  readonly #line: Wish[] = []
  #left: number

  constructor(octets: number) {
    this.#left = octets
  }

  /** Calls `granted` at once or later. Returns the way to call it off, which is harmless afterwards. */
  take(octets: number, granted: () => void): () => void {
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
