import { COLON, CR, decodeText, LF, lower, NUL, SP, TAB } from '../octets.ts'
import type { HeaderLimits } from './limits.ts'
import { unfold } from './unfold.ts'

/** One field of a header, or a piece of a header that is none. Pieces follow each other without a gap. */
export type HeaderPiece = Field | IrregularPiece

/** One field, from its name to its last line end. Nothing is decoded until it is asked for. @rfc 5322 2.2 */
export interface Field {
  readonly kind: 'field'
  /** Offset of the first octet, counted from the start of the content. */
  readonly start: number
  /** Offset behind the last octet, line end included. */
  readonly end: number
  /** All octets from `start` to `end`: a view into what was fed, or a copy of it when the field came in pieces. */
  readonly raw: Uint8Array
  /** As spelled. */
  readonly name: string
  /** A view of what stands behind the colon, still folded, without the last line end. */
  readonly body: Uint8Array
  /**
   * The body unfolded, as UTF-8, without white space at its ends. Octets that are not UTF-8 show as U+FFFD; controls, a
   * CR alone among them, stay: it is remote text.
   */
  readonly text: string
  /** What is out of order about it, in the order of {@link FieldIrregularity}. */
  readonly irregularities: readonly FieldIrregularity[]
  /** Compares the name without decoding it; the case of A-Z does not count. */
  is(name: string): boolean
}

/**
 * What can be out of order about a field that still is one:
 * white space before the colon (obsolete), a line of nothing but white space (obsolete), a line over the limit, a line
 * ended by LF alone, a CR without LF, a NUL, and no line end because the content was over.
 * @rfc 5322 4
 */
export type FieldIrregularity =
  | 'space-before-colon'
  | 'white-line'
  | 'long-line'
  | 'bare-lf'
  | 'bare-cr'
  | 'nul'
  | 'cut'

/** A piece of a header that is no field: one line and the lines that continue it. */
export interface IrregularPiece {
  readonly kind: 'irregular'
  readonly because: PieceIrregularity
  readonly start: number
  readonly end: number
  readonly raw: Uint8Array
}

/**
 * Why a piece is no field: an mbox separator as first line, no colon in its first line, something before the colon
 * that is no field name, or a continuation line with nothing before it to continue.
 */
export type PieceIrregularity = 'mbox-from' | 'no-colon' | 'bad-name' | 'stray-continuation'

/** Tells what a piece is. It begins at a line's start and ends with its last line, or with the content. */
export function judgePiece(raw: Uint8Array, start: number, limits: HeaderLimits): HeaderPiece {
  let i = 0
  while (i < raw.length && isNameOctet(raw[i] as number)) i += 1
  const nameLength = i
  while (i < raw.length && isWhite(raw[i] as number)) i += 1
  if (nameLength > 0 && raw[i] === COLON) return new ScannedField(raw, start, nameLength, i, limits)
  return { kind: 'irregular', because: whyNoField(raw, start), start, end: start + raw.length, raw }
}

function whyNoField(raw: Uint8Array, start: number): PieceIrregularity {
  if (isWhite(raw[0] as number)) return 'stray-continuation'
  if (start === 0 && (startsWith(raw, 'From ') || startsWith(raw, '>From '))) return 'mbox-from'
  const lineEnd = raw.indexOf(LF)
  const colon = raw.indexOf(COLON)
  return colon === -1 || (lineEnd !== -1 && colon > lineEnd) ? 'no-colon' : 'bad-name'
}

class ScannedField implements Field {
  readonly kind = 'field'
  readonly start: number
  readonly end: number
  readonly raw: Uint8Array
  readonly #nameLength: number
  readonly #colon: number
  readonly #limits: HeaderLimits

  constructor(raw: Uint8Array, start: number, nameLength: number, colon: number, limits: HeaderLimits) {
    this.raw = raw
    this.start = start
    this.end = start + raw.length
    this.#nameLength = nameLength
    this.#colon = colon
    this.#limits = limits
  }

  get name(): string {
    return decodeText(this.raw.subarray(0, this.#nameLength))
  }

  get body(): Uint8Array {
    const { raw } = this
    let end = raw.length
    if (raw[end - 1] === LF) end -= raw[end - 2] === CR ? 2 : 1
    return raw.subarray(this.#colon + 1, Math.max(end, this.#colon + 1))
  }

  get text(): string {
    const body = unfold(this.body)
    let from = 0
    let to = body.length
    while (from < to && isWhite(body[from] as number)) from += 1
    while (to > from && isWhite(body[to - 1] as number)) to -= 1
    return decodeText(body.subarray(from, to))
  }

  get irregularities(): readonly FieldIrregularity[] {
    const found: FieldIrregularity[] = []
    if (this.#colon > this.#nameLength) found.push('space-before-colon')
    const lines = judgeLines(this.raw, this.#limits.lineOctets)
    for (const one of LINE_IRREGULARITIES) if (lines.has(one)) found.push(one)
    return found
  }

  is(name: string): boolean {
    if (name.length !== this.#nameLength) return false
    for (let i = 0; i < name.length; i++) if (lower(this.raw[i] as number) !== lower(name.charCodeAt(i))) return false
    return true
  }
}

function judgeLines(raw: Uint8Array, lineOctets: number): Set<FieldIrregularity> {
  const found = new Set<FieldIrregularity>()
  let lineStart = 0
  let white = true
  for (let i = 0; i < raw.length; i++) {
    const octet = raw[i] as number
    if (octet === LF) {
      const lineEnd = raw[i - 1] === CR ? i - 1 : i
      if (lineEnd === i) found.add('bare-lf')
      if (lineEnd - lineStart > lineOctets) found.add('long-line')
      if (white) found.add('white-line')
      lineStart = i + 1
      white = true
    } else if (octet === CR) {
      if (raw[i + 1] !== LF) found.add('bare-cr')
    } else {
      if (octet === NUL) found.add('nul')
      if (!isWhite(octet)) white = false
    }
  }
  if (lineStart < raw.length) {
    found.add('cut')
    if (raw.length - lineStart > lineOctets) found.add('long-line')
  }
  return found
}

const LINE_IRREGULARITIES = ['white-line', 'long-line', 'bare-lf', 'bare-cr', 'nul', 'cut'] as const

/** ftext. @rfc 5322 3.6.8 */
export const isNameOctet = (octet: number): boolean => octet > SP && octet < 0x7f && octet !== COLON

export const isWhite = (octet: number): boolean => octet === SP || octet === TAB

function startsWith(raw: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (raw[i] !== text.charCodeAt(i)) return false
  return true
}
