import { CR, LF, NUL } from '../octets.ts'

/**
 * What octets ask of a transport. `7bit`: lines of ASCII. `8bit`: lines. `binary`: anything, that is NUL, CR or LF alone,
 * or a line too long for SMTP.
 * @rfc 2045 2.7
 * @rfc 2045 2.8
 * @rfc 2045 2.9
 */
export type ContentDomain = '7bit' | '8bit' | 'binary'

/** Octets a line may have without its CRLF. @rfc 5321 4.5.3.1.6 */
export const LINE_OCTETS = 998

const order = { '7bit': 0, '8bit': 1, binary: 2 } as const

/** Whether what asks for one domain can go where another is carried. */
export const fits = (domain: ContentDomain, into: ContentDomain): boolean => order[domain] <= order[into]

/** Looks once at each octet of some content, in as many chunks as it comes in. Keeps numbers only. */
export class OctetScan {
  octets = 0
  /** Behind the first empty line. */
  bodyStart: number | undefined
  nul = false
  bareCr = false
  bareLf = false
  /** All octets of the body, or of the header when it is not over, by `|`. */
  #bits = 0
  #headerBits = 0
  #longestLine = 0
  #lineStart = 0
  /** The last octet was a CR. */
  #afterCr = false

  push(chunk: Uint8Array, from: number = 0, to: number = chunk.length): void {
    if (from === to) return
    const base = this.octets - from
    let bits = this.#bits
    let lineStart = this.#lineStart - base
    if (this.#afterCr && chunk[from] !== LF) this.bareCr = true
    for (let i = from; i < to; i++) {
      const octet = chunk[i] as number
      if (octet > CR) bits |= octet
      else if (octet === LF) {
        const afterCr = i > from ? chunk[i - 1] === CR : this.#afterCr
        if (!afterCr) this.bareLf = true
        const length = i - lineStart - (afterCr ? 1 : 0)
        if (length > this.#longestLine) this.#longestLine = length
        else if (length === 0 && this.bodyStart === undefined) {
          this.bodyStart = base + i + 1
          this.#headerBits = bits
          bits = 0
        }
        lineStart = i + 1
      } else if (octet === CR) {
        if (i + 1 < to && chunk[i + 1] !== LF) this.bareCr = true
      } else if (octet === NUL) this.nul = true
    }
    this.#bits = bits
    this.octets += to - from
    this.#lineStart = lineStart + base
    this.#afterCr = chunk[to - 1] === CR
  }

  /** The content is over. */
  finish(): this {
    if (this.#afterCr) this.bareCr = true
    this.#afterCr = false
    return this
  }

  get eightBitHeader(): boolean {
    return (this.bodyStart === undefined ? this.#bits : this.#headerBits) > 0x7f
  }

  get eightBitBody(): boolean {
    return this.bodyStart !== undefined && this.#bits > 0x7f
  }

  get eightBit(): boolean {
    return this.eightBitHeader || this.eightBitBody
  }

  get longestLine(): number {
    return Math.max(this.#longestLine, this.octets - this.#lineStart)
  }

  domain(lineOctets: number): ContentDomain {
    if (this.nul || this.bareCr || this.bareLf || this.longestLine > lineOctets) return 'binary'
    return this.eightBit ? '8bit' : '7bit'
  }
}

/** Looks at some of the octets of a whole content, from the start of a line to the end of one. */
export function scanOctets(content: Uint8Array, from: number, to: number): OctetScan {
  const scan = new OctetScan()
  scan.push(content, from, to)
  return scan.finish()
}
