import { decodeUtf8 } from '@angarium/smtp-wire'

/** Fields that are told of, by name in lower case. */
export type WatchedField = 'delivered-to' | 'require-recipient-valid-since'

/**
 * Passes a message through without its `Return-Path` fields, and watches for some others. Takes any chunks, keeps no more
 * than the start of one line and one value of bounded length.
 *
 * A line counts as a field when its name and colon stand in its first 80 octets; all else passes as it is. The header ends
 * at the first empty line.
 *
 * @rfc 5321 4.4
 * @rfc 9228 4
 */
export class HeaderFilter {
  readonly #watch: (field: WatchedField, value: string) => void
  #inHeader = true
  #field: 'other' | 'return-path' | WatchedField = 'other'
  #atLineStart = true
  /** The start of a line that does not tell yet what it is. */
  #carry: Uint8Array = new Uint8Array(0)
  #value: number[] = []

  /** @param watch - told the value of each watched field, trimmed */
  constructor(watch: (field: WatchedField, value: string) => void = () => undefined) {
    this.#watch = watch
  }

  /** The header is not over: what follows may still matter. */
  get inHeader(): boolean {
    return this.#inHeader
  }

  /** What of a chunk is kept, in order; views into it, or copies where a line began in an earlier chunk. */
  *pass(chunk: Uint8Array): Iterable<Uint8Array> {
    const input = this.#carry.length === 0 ? chunk : joined(this.#carry, chunk)
    this.#carry = new Uint8Array(0)
    let kept = 0
    let at = 0
    while (this.#inHeader && at < input.length) {
      if (this.#atLineStart) {
        const field = fieldAt(input, at)
        if (field === undefined) {
          yield* some(input.subarray(kept, at))
          this.#carry = input.slice(at)
          return
        }
        this.#enter(field)
      }
      if (!this.#inHeader) break
      const lf = input.indexOf(LF, at)
      const end = lf === -1 ? input.length : lf + 1
      if (this.#field === 'return-path') {
        yield* some(input.subarray(kept, at))
        kept = end
      } else if (this.#field !== 'other') this.#collect(input.subarray(at, end))
      this.#atLineStart = lf !== -1
      at = end
    }
    yield* some(input.subarray(kept))
  }

  /** What is left when the message ends. */
  *end(): Iterable<Uint8Array> {
    yield* some(this.#carry)
    this.#tell()
  }

  #enter(field: Field): void {
    this.#atLineStart = false
    if (field === 'continuation') return
    this.#tell()
    if (field === 'none') this.#inHeader = false
    else this.#field = field
  }

  #collect(octets: Uint8Array): void {
    for (const octet of octets) if (this.#value.length < maxValue) this.#value.push(octet)
  }

  #tell(): void {
    const field = this.#field
    if (field === 'other' || field === 'return-path') return
    const text = decodeUtf8(Uint8Array.from(this.#value)) ?? ''
    this.#value = []
    this.#field = 'other'
    this.#watch(field, text.slice(text.indexOf(':') + 1).trim())
  }
}

type Field = 'other' | 'return-path' | WatchedField | 'continuation' | 'none'

/** What the line at `at` begins, or `undefined` when more has to be seen. `none`: the empty line, or no header at all. */
function fieldAt(input: Uint8Array, at: number): Field | undefined {
  const first = input[at]
  if (first === SP || first === TAB) return 'continuation'
  if (first === LF) return 'none'
  if (first === CR) {
    if (at + 1 === input.length) return undefined
    return input[at + 1] === LF ? 'none' : 'other'
  }
  let name = ''
  const end = Math.min(input.length, at + maxName)
  for (let i = at; i < end; i++) {
    const octet = input[i] ?? 0
    if (octet === COLON) return known.get(name.trimEnd()) ?? 'other'
    if (octet === LF) return 'other'
    name += String.fromCharCode(octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)
  }
  return end === at + maxName ? 'other' : undefined
}

function* some(octets: Uint8Array): Iterable<Uint8Array> {
  if (octets.length > 0) yield octets
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}

const known: ReadonlyMap<string, Field> = new Map([
  ['return-path', 'return-path'],
  ['delivered-to', 'delivered-to'],
  ['require-recipient-valid-since', 'require-recipient-valid-since'],
])
const maxName = 80
const maxValue = 1024
const LF = 0x0a
const CR = 0x0d
const SP = 0x20
const TAB = 0x09
const COLON = 0x3a
