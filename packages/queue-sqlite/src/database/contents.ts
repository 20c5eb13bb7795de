import type { Stretch } from '../thread/protocol.ts'

/** Collects contents into the one buffer that goes with a reply. */
export class Contents {
  #pieces: Uint8Array[] = []
  #length = 0

  add(octets: Uint8Array): Stretch {
    const stretch = { at: this.#length, length: octets.length }
    this.#pieces.push(octets)
    this.#length += octets.length
    return stretch
  }

  take(): ArrayBuffer {
    const whole = new Uint8Array(this.#length)
    let at = 0
    for (const piece of this.#pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    this.#pieces = []
    this.#length = 0
    return whole.buffer
  }
}
