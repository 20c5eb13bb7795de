/** A set of code points, kept as ascending boundaries: every even one begins a range, every odd one ends it. */
export class CodePoints {
  readonly #boundaries: Uint32Array

  /** Reads the differences in base 36 that `tables.ts` holds. */
  constructor(table: string) {
    let at = 0
    this.#boundaries = Uint32Array.from(table.split(' '), (delta) => {
      at += Number.parseInt(delta, 36)
      return at
    })
  }

  has(code: number): boolean {
    let low = 0
    let high = this.#boundaries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#boundaries[middle] ?? 0) <= code) low = middle + 1
      else high = middle
    }
    return low % 2 === 1
  }
}
