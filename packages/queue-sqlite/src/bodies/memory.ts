/** Octets of one piece: enough for most messages. */
export const pieceOctets = 8_192
/** Pieces kept for the next contents. */
const kept = 256

/** Memory for contents on their way in, used again: to make and to collect it costs more than all else about them. */
export class Memory {
  readonly #free: Uint8Array[] = []

  /** A piece, with anything in it. */
  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(pieceOctets)
  }

  /** Takes pieces back that nobody looks at any more. */
  give(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) if (this.#free.length < kept) this.#free.push(piece)
  }
}

/** Octets of a content in pieces. */
export function octetsOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}

/** A content as a buffer of its own. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(octetsOf(pieces))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
