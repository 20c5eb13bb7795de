import { asciiLower, CR, LF, SP, TAB } from '../octets.ts'

/** What a Content-Type field says. */
export interface ContentType {
  /** In lower case, as are `subtype` and the names of parameters. */
  readonly type: string
  readonly subtype: string
  /** Values as spelled, without quotes. Of two parameters with one name the first counts. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Reads the body of a Content-Type field; undefined when there is no `type/subtype`. What follows is read as it comes:
 * a value may hold characters that should be quoted, a quote may be missing at the end, a semicolon between parameters.
 * Parameters in pieces (RFC 2231) are not put together.
 *
 * @rfc 2045 5.1
 */
export function parseContentType(text: string): ContentType | undefined {
  const reader = new Reader(text)
  const type = reader.token()
  if (type === '' || !reader.take('/')) return undefined
  const subtype = reader.token()
  if (subtype === '') return undefined
  const parameters = new Map<string, string>()
  while (reader.skip()) {
    const name = asciiLower(reader.token())
    if (name === '' || !reader.take('=')) {
      // No parameter: what cannot be part of a name is passed, and the next is tried.
      if (name === '') reader.at += 1
      continue
    }
    const value = reader.value()
    if (!parameters.has(name)) parameters.set(name, value)
  }
  return { type: asciiLower(type), subtype: asciiLower(subtype), parameters }
}

/**
 * A message with UTF-8 in its header, the header of one, or a report about one: unlike other messages these may be encoded.
 *
 * @rfc 6532 3.7
 * @rfc 6533 4
 */
export const isGlobal = ({ type, subtype }: ContentType): boolean => type === 'message' && subtype.startsWith('global')

/** Reads a body that is one token; '' when it does not begin with one. @rfc 2045 6.1 */
export function parseToken(text: string): string {
  return asciiLower(new Reader(text).token())
}

class Reader {
  readonly #text: string
  at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Passes white space and comments; tells whether something follows. */
  skip(): boolean {
    const text = this.#text
    let depth = 0
    for (; this.at < text.length; this.at++) {
      const code = text.charCodeAt(this.at)
      if (code === OPEN) depth += 1
      else if (depth === 0) {
        if (!isWhite(code)) return true
      } else if (code === BACKSLASH) this.at += 1
      else if (code === CLOSE) depth -= 1
    }
    return false
  }

  take(character: string): boolean {
    if (!this.skip() || this.#text[this.at] !== character) return false
    this.at += 1
    return true
  }

  token(): string {
    this.skip()
    return this.#run(TSPECIALS)
  }

  /** A quoted string, or what reaches to white space, a semicolon or a comment. */
  value(): string {
    if (!this.take('"')) return this.#run(';(')
    const text = this.#text
    let value = ''
    for (let from = this.at; ; this.at++) {
      const code = text.charCodeAt(this.at)
      const over = this.at >= text.length
      if (!over && code !== QUOTE && code !== BACKSLASH) continue
      value += text.slice(from, this.at)
      this.at += 1
      if (over || code === QUOTE) return value
      from = this.at
    }
  }

  #run(stops: string): string {
    const text = this.#text
    const from = this.at
    while (this.at < text.length && !isWhite(text.charCodeAt(this.at)) && !stops.includes(text[this.at] as string))
      this.at += 1
    return text.slice(from, this.at)
  }
}

const isWhite = (code: number): boolean => code === SP || code === TAB || code === CR || code === LF

const TSPECIALS = '()<>@,;:\\"/[]?='
const OPEN = 0x28
const CLOSE = 0x29
const QUOTE = 0x22
const BACKSLASH = 0x5c
