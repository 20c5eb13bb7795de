import type { Field } from '../header/field.ts'
import type { Header } from '../header/header.ts'

/**
 * A signature over content, whether it verifies or not, and whether or not its own terms (`l=`) leave out what changed.
 * What it says of itself is remote text.
 */
export type Signature = DkimSignature | ArcSignature | SignedPart

/** A DKIM-Signature field. @rfc 6376 3.5 */
export interface DkimSignature {
  readonly kind: 'dkim'
  /** The message it signs: '' for the whole, else the number of the part that the message is attached as. */
  readonly part: string
  /** Who signs: `d=`. */
  readonly domain: string
  /** With which key: `s=`. */
  readonly selector: string
}

/** An ARC-Message-Signature field. The seals cover no content, and hold. @rfc 8617 4.1.2 */
export interface ArcSignature {
  readonly kind: 'arc'
  /** As in {@link DkimSignature.part}. */
  readonly part: string
  /** Who signs: `d=`. */
  readonly domain: string
  /** With which key: `s=`. */
  readonly selector: string
  /** Its place in the chain: `i=`. */
  readonly instance: string
}

/** A `multipart/signed` or `multipart/encrypted`, by PGP, S/MIME or another protocol. @rfc 1847 2.1 */
export interface SignedPart {
  readonly kind: 'signed' | 'encrypted'
  /** The number of the multipart. */
  readonly part: string
  /** As the type's parameter says: `application/pgp-signature`, `application/pkcs7-signature`, ... */
  readonly protocol: string
}

/** The signatures in a message's header that cover its body; one without domain or selector is none. */
export function headerSignatures(header: Header, part: string): Signature[] {
  const found: Signature[] = []
  for (const field of header.fields) {
    const arc = field.is('arc-message-signature')
    if (!arc && !field.is('dkim-signature')) continue
    const tags = tagList(field)
    const domain = tags.get('d')
    const selector = tags.get('s')
    if (domain === undefined || selector === undefined) continue
    if (arc) found.push({ kind: 'arc', part, domain, selector, instance: tags.get('i') ?? '' })
    else found.push({ kind: 'dkim', part, domain, selector })
  }
  return found
}

/** Reads `name=value` pairs; white space in values folds long ones. @rfc 6376 3.2 */
function tagList(field: Field): Map<string, string> {
  const tags = new Map<string, string>()
  for (const tag of field.text.split(';')) {
    const equals = tag.indexOf('=')
    if (equals !== -1) tags.set(tag.slice(0, equals).trim(), tag.slice(equals + 1).replace(/[ \t\r\n]/g, ''))
  }
  return tags
}
