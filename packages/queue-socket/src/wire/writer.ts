import { headOctets } from './frames.ts'

/** Octets gathered in one buffer. */
const bufferOctets = 65_536

/** Gathers frames, so that many leave as one write. */
export class FrameWriter {
  #buffer = Buffer.allocUnsafeSlow(bufferOctets)
  /** Where the octets not taken yet begin and end. */
  #from = 0
  #to = 0
  readonly #full: Buffer[] = []
  #octets = 0

  /** Octets that were not taken yet. */
  get octets(): number {
    return this.#octets
  }

  /** A frame with octets alone, which are copied. */
  addOctets(kind: number, number: number, body: Uint8Array): void {
    const at = this.#claim(headOctets + body.length)
    this.#head(at, kind, number, body.length)
    this.#buffer.set(body, at + headOctets)
    this.#done(headOctets + body.length)
  }

  /** A frame of text and octets, which are copied; see `openParcel`. */
  addParcel(kind: number, number: number, text: string, octets: readonly Uint8Array[] = []): void {
    let attached = 0
    for (const { length } of octets) attached += length
    // No UTF-16 unit takes more than three octets.
    const at = this.#claim(headOctets + 4 + text.length * 3 + attached)
    const length = this.#buffer.write(text, at + headOctets + 4, 'utf8')
    this.#buffer.writeUInt32BE(length, at + headOctets)
    let end = at + headOctets + 4 + length
    for (const piece of octets) {
      this.#buffer.set(piece, end)
      end += piece.length
    }
    this.#head(at, kind, number, 4 + length + attached)
    this.#done(headOctets + 4 + length + attached)
  }

  /** What was gathered; the buffers are the caller's until it has written them. */
  take(): readonly Buffer[] {
    this.#close()
    this.#octets = 0
    return this.#full.splice(0)
  }

  #claim(octets: number): number {
    if (this.#buffer.length - this.#to < octets) {
      this.#close()
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(bufferOctets, octets))
      this.#from = this.#to = 0
    }
    return this.#to
  }

  #head(at: number, kind: number, number: number, length: number): void {
    this.#buffer.writeUInt32BE(length + headOctets - 4, at)
    this.#buffer[at + 4] = kind
    this.#buffer.writeUInt32BE(number, at + 5)
  }

  #done(octets: number): void {
    this.#to += octets
    this.#octets += octets
  }

  #close(): void {
    if (this.#to > this.#from) this.#full.push(this.#buffer.subarray(this.#from, this.#to))
    this.#from = this.#to
  }
}
