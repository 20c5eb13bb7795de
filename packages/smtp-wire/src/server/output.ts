import { concat } from '../octets.ts'

/** Replies on their way out, joined as long as they may wait for each other. @rfc 2920 3.2 */
export class Output {
  #parts: Uint8Array[] = []
  #octets = 0
  #urgent = false

  put(octets: Uint8Array): void {
    this.#parts.push(octets)
    this.#octets += octets.length
  }

  /** What is put next must not wait for the replies of a group. */
  hurry(): void {
    this.#urgent = true
  }

  /** @param mayWait more of the same group is to be answered */
  take(mayWait: boolean): Uint8Array | undefined {
    const first = this.#parts[0]
    if (first === undefined || (mayWait && !this.#urgent && this.#octets < FLUSH_OCTETS)) return undefined
    const octets = this.#parts.length === 1 ? first : concat(this.#parts)
    this.#parts = []
    this.#octets = 0
    this.#urgent = false
    return octets
  }
}

/** Output that leaves although more would come. */
const FLUSH_OCTETS = 65_536
