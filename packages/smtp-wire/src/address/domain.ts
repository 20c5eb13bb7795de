import { asciiLower, isTextBeyondAscii, readDigits, utf8Length } from '../octets.ts'

/**
 * A domain or address literal that the grammar accepted, spelled as it came. Made only by {@link parseDomain}. Labels
 * beyond ASCII have not been through IDNA: that is for whoever looks the name up.
 */
export type Domain = string & { readonly __brand: 'Domain' }

/** What the text of an address literal denotes. */
export type AddressLiteral =
  | { readonly kind: 'ipv4'; readonly address: string }
  | { readonly kind: 'ipv6'; readonly address: string }
  | { readonly kind: 'general'; readonly tag: string; readonly content: string }

/**
 * Reads a whole text as a domain name or address literal.
 *
 * ```abnf
 * Domain          = sub-domain *("." sub-domain)
 * sub-domain      = Let-dig [Ldh-str]
 * address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]"
 * ```
 * Names up to 255 octets, labels up to 63.
 *
 * @param utf8 labels may hold what lies beyond ASCII (RFC 6531)
 * @rfc 5321 4.1.2
 * @rfc 5321 4.5.3.1.2
 * @rfc 6531 3.3
 */
export function parseDomain(text: string, utf8 = false): Domain | undefined {
  if (text.length === 0 || text.length > 255 || (utf8 && utf8Length(text) > 255)) return undefined
  if (text.charCodeAt(0) === 0x5b) return parseAddressLiteral(text) === undefined ? undefined : (text as Domain)
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i)
    if (code === DOT) {
      if (i === start || i - start > 63) return undefined
      if (text.charCodeAt(start) === DASH || text.charCodeAt(i - 1) === DASH) return undefined
      start = i + 1
    } else if (!isLetterOrDigit(code) && code !== DASH && !(utf8 && isTextBeyondAscii(code))) return undefined
  }
  return text as Domain
}

/** Tells what a bracketed literal denotes. @rfc 5321 4.1.3 */
export function parseAddressLiteral(text: string): AddressLiteral | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined
  const inner = text.slice(1, -1)
  const colon = inner.indexOf(':')
  if (colon === -1) return isIpv4(inner) ? { kind: 'ipv4', address: inner } : undefined
  const tag = inner.slice(0, colon)
  const content = inner.slice(colon + 1)
  if (asciiLower(tag) === 'ipv6') return isIpv6(content) ? { kind: 'ipv6', address: asciiLower(content) } : undefined
  if (content.length === 0 || tag.length === 0 || tag.endsWith('-')) return undefined
  for (let i = 0; i < tag.length; i++)
    if (!isLetterOrDigit(tag.charCodeAt(i)) && tag.charCodeAt(i) !== DASH) return undefined
  for (let i = 0; i < content.length; i++) {
    const code = content.charCodeAt(i)
    if (code < 0x21 || code > 0x7e || (code >= 0x5b && code <= 0x5d)) return undefined
  }
  return { kind: 'general', tag, content }
}

/** The form two equal domains share: lower case, nothing else changed. */
export const domainKey = (domain: Domain): string => asciiLower(domain)

/** Four decimal numbers up to 255, without leading zeros. */
export function isIpv4(text: string): boolean {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return false
  return parts.every((part) => {
    const value = readDigits(part, 3)
    return value !== undefined && value <= 255 && (part.length === 1 || !part.startsWith('0'))
  })
}

/**
 * The forms of RFC 4291 2.2; no zone. Deviation: "::" may stand for one group only, where RFC 5321 demands two; other
 * software writes that.
 *
 * @rfc 5321 4.1.3
 */
export function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  let groups = 0
  for (const [h, half] of halves.entries()) {
    if (half === '') {
      if (halves.length === 1) return false
      continue
    }
    const parts = half.split(':')
    for (const [p, part] of parts.entries()) {
      const last = h === halves.length - 1 && p === parts.length - 1
      if (last && part.includes('.')) {
        if (!isIpv4(part)) return false
        groups += 2
      } else {
        if (!isHexGroup(part)) return false
        groups += 1
      }
    }
  }
  return halves.length === 2 ? groups <= 7 : groups === 8
}

function isHexGroup(text: string): boolean {
  if (text.length === 0 || text.length > 4) return false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!isLetterOrDigit(code) || (code | 0x20) > 0x66) return false
  }
  return true
}

/** ASCII letters and digits only. */
export const isLetterOrDigit = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a)

const DOT = 0x2e
const DASH = 0x2d
