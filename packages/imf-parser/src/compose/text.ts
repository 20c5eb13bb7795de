import { ImfError } from '../error.ts'
import { isHighSurrogate, isLowSurrogate, SP, TAB } from '../octets.ts'

/** What may be written. */
export interface ComposeOptions {
  /** UTF-8 may stand in the header (RFC 6532); else what has no ASCII form is refused. Default false. */
  readonly utf8?: boolean
}

/**
 * Refuses text that could break a line, a field or a reader: every control but TAB, and half surrogate pairs.
 * @throws ImfError UNSAFE_TEXT
 */
export function checkText(text: string, where: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= SP ? code < 0x7f : code === TAB) continue
    if (isHighSurrogate(code) && isLowSurrogate(text.charCodeAt(i + 1))) i += 1
    else if (code < 0xa0 || isHighSurrogate(code) || isLowSurrogate(code))
      throw new ImfError('UNSAFE_TEXT', `text for a ${where} holds a character that may not be written`, {
        where,
        at: i,
      })
  }
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
