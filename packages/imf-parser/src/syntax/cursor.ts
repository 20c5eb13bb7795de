import { CR, LF, SP, TAB } from '../octets.ts'
import { ATEXT, beyondAscii, CTEXT, DTEXT, isClass, isOdd, OLD_CONTROL, QTEXT } from './characters.ts'
import { bit, type Leniency, type SyntaxFault } from './parsed.ts'

/** What can be wrong in the tokens all structured fields are made of. */
export type TokenFault =
  | 'unterminated-comment'
  | 'comment-too-deep'
  | 'unterminated-quoted-string'
  | 'unterminated-literal'
  | 'control'
  | 'unexpected'

/** Comments may be nested so deep. */
const COMMENT_DEPTH = 100

/**
 * A place in a text, and the tokens read from there. A method that cannot read what it should has set `fault`.
 */
export class Cursor<F extends string = never> {
  readonly text: string
  at = 0
  /** Bits of the leniencies used. */
  notes = 0
  /** Comments passed are added here, without their parentheses; made with the first one. */
  comments: string[] | undefined
  fault: SyntaxFault<F | TokenFault> | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The present UTF-16 unit; NaN at the end. */
  code(): number {
    return this.text.charCodeAt(this.at)
  }

  atEnd(): boolean {
    return this.at >= this.text.length
  }

  note(leniency: Leniency): void {
    this.notes |= bit(leniency)
  }

  fail(fault: F | TokenFault, at: number = this.at): false {
    this.fault ??= { kind: 'fault', fault, at }
    return false
  }

  /** Passes one character if it is there. */
  take(code: number): boolean {
    if (this.code() !== code) return false
    this.at += 1
    return true
  }

  /**
   * Passes white space, folding and comments. `false`: a comment is broken.
   * @rfc 5322 3.2.2
   */
  skipCfws(): boolean {
    for (;;) {
      this.skipFws()
      if (this.code() !== OPEN) return true
      if (!this.#skipComment()) return false
    }
  }

  /** Passes white space and folding; a line end that is no folding stays. */
  skipFws(): void {
    const { text } = this
    let folds = 0
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code === SP || code === TAB) {
        this.at += 1
        continue
      }
      const width = foldWidth(text, this.at)
      if (width === 0) break
      this.at += width
      folds += 1
    }
    if (folds > 1) this.note('obsolete-folding')
  }

  #skipComment(): boolean {
    const { text } = this
    const start = this.at
    let depth = 0
    do {
      const code = text.charCodeAt(this.at)
      let width = 1
      if (code === OPEN) {
        depth += 1
        if (depth > COMMENT_DEPTH) return this.fail('comment-too-deep')
      } else if (code === CLOSE) depth -= 1
      else {
        width = this.#textWidth(CTEXT, 'unterminated-comment', start)
        if (width === 0) return false
      }
      this.at += width
    } while (depth > 0)
    this.comments ??= []
    this.comments.push(unquote(text.slice(start + 1, this.at - 1)))
    return true
  }

  /** Units of a character, fold or quoted-pair inside a comment or quoted-string; 0 after a fault. */
  #textWidth(allowed: number, unterminated: TokenFault, start: number): number {
    const { text } = this
    const code = text.charCodeAt(this.at)
    if (code === SP || code === TAB || isClass(code, allowed)) return 1
    const fold = foldWidth(text, this.at)
    if (fold > 0) return fold
    const wide = this.#wide(this.at)
    if (wide > 0) return wide
    let end = this.at
    if (code === BACKSLASH) {
      end += 1
      const next = text.charCodeAt(end)
      if (next === SP || next === TAB || (next > SP && next < 0x7f)) return 2
      const wideNext = this.#wide(end)
      if (wideNext > 0) return 1 + wideNext
    }
    if (isClass(text.charCodeAt(end), OLD_CONTROL)) {
      this.note('obsolete-control')
      return end + 1 - this.at
    }
    if (end >= text.length) this.fail(unterminated, start)
    else this.fail('control')
    return 0
  }

  /** Units of a character beyond ASCII; one that may not be written is passed and noted. */
  #wide(at: number): number {
    const width = beyondAscii(this.text, at)
    if (width > 0 || !isOdd(this.text.charCodeAt(at))) return width
    this.note('odd-character')
    return 1
  }

  /** Reads a quoted-string from its opening quote; folding and backslashes are taken out. @rfc 5322 3.2.4 */
  quotedString(): string | undefined {
    const { text } = this
    const start = this.at
    this.at += 1
    let plain = true
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code === QUOTE) break
      if (code === BACKSLASH || code === CR || code === LF) plain = false
      const width = this.#textWidth(QTEXT, 'unterminated-quoted-string', start)
      if (width === 0) return undefined
      this.at += width
    }
    const inner = text.slice(start + 1, this.at)
    this.at += 1
    return plain ? inner : unquote(inner)
  }

  /**
   * Reads a domain-literal from its opening bracket, brackets included, white space and backslashes taken out.
   * @rfc 5322 3.4.1
   */
  domainLiteral(): string | undefined {
    const { text } = this
    const start = this.at
    this.at += 1
    let value = '['
    for (;;) {
      this.skipFws()
      const from = this.at
      while (isClass(text.charCodeAt(this.at), DTEXT)) this.at += 1
      value += text.slice(from, this.at)
      const code = this.code()
      if (code === BACKSLASH && isClass(text.charCodeAt(this.at + 1), DTEXT)) {
        this.note('quoted-pair-in-literal')
        value += text.charAt(this.at + 1)
        this.at += 2
      } else if (this.take(CLOSE_BRACKET)) return `${value}]`
      else if (code !== SP && code !== TAB && foldWidth(text, this.at) === 0) {
        this.fail(this.atEnd() ? 'unterminated-literal' : 'unexpected', this.atEnd() ? start : this.at)
        return undefined
      }
    }
  }

  /** Passes atext and dots; answers with how many units. @rfc 5322 3.2.3 */
  skipAtoms(): number {
    const { text } = this
    const start = this.at
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code < 0x80) {
        if (code !== DOT && !isClass(code, ATEXT)) break
        at += 1
      } else {
        const width = this.#wide(at)
        if (width === 0) break
        at += width
      }
    }
    this.at = at
    return at - start
  }
}

/** Units of a line end that white space follows, the white space not counted; else 0. */
function foldWidth(text: string, at: number): number {
  const code = text.charCodeAt(at)
  if (code !== CR && code !== LF) return 0
  const width = code === LF ? 1 : 2
  if (code === CR && text.charCodeAt(at + 1) !== LF) return 0
  const next = text.charCodeAt(at + width)
  return next === SP || next === TAB ? width : 0
}

/** Takes the backslashes of quoted-pairs and the line ends of folding out. */
function unquote(inner: string): string {
  let value = ''
  let from = 0
  for (let i = 0; i < inner.length; i++) {
    const code = inner.charCodeAt(i)
    if (code !== BACKSLASH && code !== CR && code !== LF) continue
    value += inner.slice(from, i)
    from = i + 1
    if (code === BACKSLASH) i += 1
  }
  return value + inner.slice(from)
}

/**
 * Takes comments and the white space around them out of a structured field's text, each leaving one space between the
 * words it parted. `undefined`: a comment or quoted-string is broken.
 * @rfc 5322 3.2.2
 */
export function stripComments(text: string): string | undefined {
  const cursor = new Cursor(text)
  let value = ''
  for (;;) {
    const before = cursor.at
    if (!cursor.skipCfws()) return undefined
    if (cursor.atEnd()) return value
    if (cursor.at > before && value !== '') value += ' '
    const start = cursor.at
    if (cursor.code() === QUOTE) {
      if (cursor.quotedString() === undefined) return undefined
    } else cursor.at += 1
    value += text.slice(start, cursor.at)
  }
}

export const OPEN = 0x28
const CLOSE = 0x29
export const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const DOT = 0x2e
