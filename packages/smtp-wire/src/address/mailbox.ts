import { asciiLower, isTextBeyondAscii, utf8Length } from '../octets.ts'
import { type Domain, isLetterOrDigit, parseDomain } from './domain.ts'

/** A mailbox the grammar accepted. Made only by {@link parseMailbox} and the path parsers. */
export interface Mailbox {
  readonly kind: 'mailbox'
  /** Without quoting; may hold spaces and "@". Case is the receiving host's business. */
  readonly localPart: string
  /** As spelled by the peer. */
  readonly domain: Domain
}

/** What addresses may be; the defaults are those of RFC 5321 4.5.3.1. */
export interface AddressLimits {
  /** Quotes included. @rfc 5321 4.5.3.1.1 */
  readonly localPartOctets: number
  /** Brackets and a source route included. @rfc 5321 4.5.3.1.3 */
  readonly pathOctets: number
  /** They may hold UTF-8 beyond ASCII. Default false. @rfc 6531 3.3 */
  readonly utf8?: boolean
}

/** 64 octets of local-part, 256 of path, ASCII. */
export const addressLimits: AddressLimits = { localPartOctets: 64, pathOctets: 256 }

/**
 * Reads a whole text as a mailbox.
 *
 * ```abnf
 * Mailbox    = Local-part "@" ( Domain / address-literal )
 * Local-part = Dot-string / Quoted-string
 * ```
 * No comments, no blanks outside a quoted-string.
 *
 * @rfc 5321 4.1.2
 */
export function parseMailbox(text: string, limits: AddressLimits = addressLimits): Mailbox | undefined {
  // The path's limit counts its brackets.
  if (text.length > limits.pathOctets - 2) return undefined
  const utf8 = limits.utf8 === true
  const local = readLocalPart(text, utf8)
  if (local === undefined || text.charCodeAt(local.end) !== AT) return undefined
  if (local.end > limits.localPartOctets) return undefined
  if (utf8) {
    if (utf8Length(text) > limits.pathOctets - 2) return undefined
    if (utf8Length(text.slice(0, local.end)) > limits.localPartOctets) return undefined
  }
  const domain = parseDomain(text.slice(local.end + 1), utf8)
  return domain === undefined ? undefined : { kind: 'mailbox', localPart: local.value, domain }
}

/** Reads a whole text as a local-part, and gives it without its quotes. @rfc 5321 4.1.2 */
export function parseLocalPart(text: string, limits: AddressLimits = addressLimits): string | undefined {
  const utf8 = limits.utf8 === true
  // No longer in characters than in octets.
  if (text.length > limits.localPartOctets || (utf8 && utf8Length(text) > limits.localPartOctets)) return undefined
  if (!text.startsWith('"')) return isDotString(text, utf8) ? text : undefined
  const quoted = readQuotedString(text, utf8)
  return quoted?.end === text.length ? quoted.value : undefined
}

/**
 * The one spelling of a mailbox: quoted only where the grammar demands it. `parseMailbox` reads it back to the same
 * value.
 */
export function formatMailbox(mailbox: Mailbox): string {
  return `${formatLocalPart(mailbox.localPart)}@${mailbox.domain}`
}

/** Equal mailboxes: same local-part, octet for octet, and same domain whatever its case. @rfc 5321 2.4 */
export function sameMailbox(a: Mailbox, b: Mailbox): boolean {
  return a.localPart === b.localPart && asciiLower(a.domain) === asciiLower(b.domain)
}

/** A local-part by itself, in the one spelling {@link formatMailbox} gives it. */
export function formatLocalPart(localPart: string): string {
  if (isDotString(localPart, true)) return localPart
  return `"${localPart.replace(/["\\]/g, (c) => `\\${c}`)}"`
}

interface LocalPart {
  readonly value: string
  readonly end: number
}

function readLocalPart(text: string, utf8: boolean): LocalPart | undefined {
  if (text.charCodeAt(0) === QUOTE) return readQuotedString(text, utf8)
  const end = text.indexOf('@')
  if (end === -1) return undefined
  const value = text.slice(0, end)
  return isDotString(value, utf8) ? { value, end } : undefined
}

function isDotString(text: string, utf8: boolean): boolean {
  let atomStart = 0
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i)
    if (code === DOT) {
      if (i === atomStart) return false
      atomStart = i + 1
    } else if (!isAtext(code) && !(utf8 && isTextBeyondAscii(code))) return false
  }
  return true
}

function readQuotedString(text: string, utf8: boolean): LocalPart | undefined {
  let value = ''
  for (let i = 1; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code === QUOTE) return { value, end: i + 1 }
    const quoted = code === BACKSLASH
    if (quoted) {
      i += 1
      code = text.charCodeAt(i)
    }
    if (!(code >= 0x20 && code <= 0x7e) && !(utf8 && !quoted && isTextBeyondAscii(code))) return undefined
    value += String.fromCharCode(code)
  }
  return undefined
}

const isAtext = (code: number): boolean => isLetterOrDigit(code) || ATEXT_MARKS.has(code)

const ATEXT_MARKS: ReadonlySet<number> = new Set([..."!#$%&'*+-/=?^_`{|}~"].map((mark) => mark.charCodeAt(0)))
const AT = 0x40
const DOT = 0x2e
const QUOTE = 0x22
const BACKSLASH = 0x5c
