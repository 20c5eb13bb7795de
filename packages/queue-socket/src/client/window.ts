interface Wish {
  readonly octets: number
  readonly granted: () => void
}

/** How much content may be on its way to the owner. Who finds no room waits in line, so that no draft passes another. */
export class Window {
  #room: number
  readonly #line: Wish[] = []

  constructor(octets: number) {
    this.#room = octets
  }

  /** Takes room if there is some and nobody waits. */
  take(octets: number): boolean {
    if (this.#line.length > 0 || octets > this.#room) return false
    this.#room -= octets
    return true
  }

  /** Resolves when the room is taken, or when the connection is over. */
  async wait(octets: number): Promise<void> {
    if (this.take(octets)) return
    await new Promise<void>((granted) => {
      this.#line.push({ octets, granted })
    })
  }

  give(octets: number): void {
    this.#room += octets
    for (let first = this.#line[0]; first !== undefined && first.octets <= this.#room; first = this.#line[0]) {
      this.#line.shift()
      this.#room -= first.octets
      first.granted()
    }
  }
}
