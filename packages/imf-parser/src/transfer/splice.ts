/** Replaces ranges of some content, without copying the rest. */
export class Splice {
  readonly #content: Uint8Array
  readonly #edits: Edit[] = []

  constructor(content: Uint8Array) {
    this.#content = content
  }

  /** Ranges must not overlap; of two that begin at one place, the first replaced comes first. */
  replace(start: number, end: number, by: Uint8Array): void {
    this.#edits.push({ start, end, by })
  }

  /** The new content: views of the old, and the new octets between. */
  pieces(): Uint8Array[] {
    const pieces: Uint8Array[] = []
    const add = (piece: Uint8Array) => {
      if (piece.length > 0) pieces.push(piece)
    }
    let from = 0
    for (const { start, end, by } of this.#edits.toSorted((a, b) => a.start - b.start)) {
      add(this.#content.subarray(from, start))
      add(by)
      from = end
    }
    add(this.#content.subarray(from))
    return pieces
  }
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly by: Uint8Array
}
