import { ImfError } from '../error.ts'
import { isNameOctet, isWhite } from '../header/field.ts'
import { utf8Length } from '../octets.ts'
import { type ComposeOptions, checkText, isAscii } from './text.ts'

/**
 * A whole field, folded before white space so that lines stay within 78 octets where the text has white space to fold
 * at, and within 998 always. Ends in CRLF. Unfolded and without white space at its ends it is `value` again.
 *
 * Folding is right for every field: unfolding gives back what was there, inside quoted-strings and comments too.
 *
 * @throws ImfError BAD_FIELD_NAME; UNSAFE_TEXT when the value holds CR, LF, NUL or another control; NOT_ASCII without
 * `utf8`; LINE_TOO_LONG
 * @rfc 5322 2.1.1
 * @rfc 5322 2.2.3
 */
export function formatField(name: string, value: string, options: ComposeOptions = {}): string {
  for (let i = 0; i < name.length; i++)
    if (!isNameOctet(name.charCodeAt(i))) throw new ImfError('BAD_FIELD_NAME', 'not a field name', { name })
  if (name.length === 0 || name.length > 76) throw new ImfError('BAD_FIELD_NAME', 'not a field name', { name })
  checkText(value, name)
  if (!options.utf8 && !isAscii(value))
    throw new ImfError('NOT_ASCII', `the body of ${name} is not ASCII`, { where: name })
  return fold(name, value)
}

function fold(name: string, value: string): string {
  let lines = ''
  const preferred = value.includes('=?') ? ENCODED_WORD_LINE : PREFERRED
  let line = `${name}:`
  let octets = line.length
  let from = skip(value, 0, true)
  let first = true
  while (from < value.length) {
    const wordStart = first ? from : skip(value, from, true)
    const end = skip(value, wordStart, false)
    if (end === wordStart) break
    const part = first ? ` ${value.slice(wordStart, end)}` : value.slice(from, end)
    const size = utf8Length(part)
    // A name alone on its line is legal but unloved.
    const limit = first && !part.startsWith(' =?') ? MAXIMUM : preferred
    if (octets + size > limit) {
      if (size > MAXIMUM)
        throw new ImfError('LINE_TOO_LONG', `${name} has a part without white space that is too long`, {
          where: name,
          octets: size,
        })
      lines += `${line}\r\n`
      line = part
      octets = size
    } else {
      line += part
      octets += size
    }
    from = end
    first = false
  }
  return `${lines}${line}\r\n`
}

/** Offset behind the run of white (or other) characters that begins at `at`. */
function skip(value: string, at: number, white: boolean): number {
  let i = at
  while (i < value.length && isWhite(value.charCodeAt(i)) === white) i += 1
  return i
}

const PREFERRED = 78
/** @rfc 2047 2 */
const ENCODED_WORD_LINE = 76
const MAXIMUM = 998
