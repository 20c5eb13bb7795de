import type { ForwardPath, ReversePath } from '@angarium/smtp-wire'

/** Nothing above 127. */
export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

/** A path that needs no UTF-8. */
export const isAsciiPath = (path: ReversePath | ForwardPath): boolean =>
  path.kind !== 'mailbox' || (isAscii(path.localPart) && isAscii(path.domain))

/** Graphic ASCII characters and blanks: what a delivery report can show. */
export function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code > 0x7e) return false
  }
  return true
}
