import { asciiLower, decodeXtext, encodeXtext, hasControl, isPrintable } from '@angarium/smtp-wire'
import { DsnError } from '../error.ts'
import { decodeUnitext, encodeUnitext } from './unitext.ts'

/** A recipient as its sender named it. @rfc 3461 4.2 */
export interface OriginalRecipient {
  /** Address type in lower case: `rfc822`, `utf-8`, or a foreign one. */
  readonly type: string
  /** Decoded. Nobody promises that it has the syntax of its type. */
  readonly address: string
}

/**
 * Reads the value of an ORCPT parameter. `undefined` when it is malformed or longer than 500 characters.
 *
 * ```abnf
 * original-recipient-address = addr-type ";" xtext
 * ```
 * An address of type `utf-8` has its own encoding in place of xtext. Leniency: UTF-8 in the xtext of type `rfc822`, as
 * Postfix writes it, is taken for that type.
 *
 * @rfc 3461 4.2
 * @rfc 6533 3
 */
export function parseOrcpt(value: string | undefined): OriginalRecipient | undefined {
  if (value === undefined || value.length > ORCPT) return undefined
  const semicolon = value.indexOf(';')
  const type = asciiLower(value.slice(0, Math.max(semicolon, 0)))
  if (!isAtom(type)) return undefined
  const rest = value.slice(semicolon + 1)
  const address = type === UTF8 ? decodeUnitext(rest) : decodeXtext(rest)
  if (address === undefined) return undefined
  if (type === UTF8 || isPrintable(address)) return { type, address }
  return type === 'rfc822' && !hasControl(address) ? { type: UTF8, address } : undefined
}

/**
 * The value of an ORCPT parameter.
 *
 * @param utf8 the peer takes SMTPUTF8; else an address of type `utf-8` is written in ASCII
 * @throws DsnError BAD_PARAMETER
 * @rfc 3461 4.2
 * @rfc 6533 3
 */
export function formatOrcpt(original: OriginalRecipient, utf8 = false): string {
  const value = encodeOrcpt(original, utf8)
  if (value === undefined)
    throw new DsnError(
      'BAD_PARAMETER',
      'an original recipient has a type and is printable ASCII, unless it is of type utf-8',
      { parameter: 'ORCPT', value: original.address },
    )
  return value
}

/** The same; `undefined` where the parameter cannot carry it. */
export function encodeOrcpt({ type, address }: OriginalRecipient, utf8 = false): string | undefined {
  const isUtf8 = asciiLower(type) === UTF8
  if (!isAtom(type) || !(isUtf8 || isPrintable(address))) return undefined
  const value = `${type};${isUtf8 ? encodeUnitext(address, utf8) : encodeXtext(address)}`
  return value.length > ORCPT ? undefined : value
}

function isAtom(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e || '()<>[]:;@\\,."='.includes(text.charAt(i))) return false
  }
  return text.length > 0
}

const ORCPT = 500
const UTF8 = 'utf-8'
