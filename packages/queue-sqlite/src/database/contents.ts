import { joined } from '../bodies/memory.ts'
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
    const whole = joined(this.#pieces)
    this.#pieces = []
    this.#length = 0
    return whole.buffer
  }
}
