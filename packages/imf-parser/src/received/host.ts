import { asciiLower, COLON, isDigit } from '../octets.ts'

/** The IP address in the comments of a host, or in its name: bracketed, or standing alone. */
export function addressIn(name: string, comments: readonly string[]): string | undefined {
  for (const text of comments) {
    const address = bracketed(text) ?? words(text).find(isAddress)
    if (address !== undefined) return address
  }
  return bracketed(name)
}

/** The name in front of the address, as in `(mail.example [192.0.2.1])`. */
export function reverseNameIn(comments: readonly string[]): string | undefined {
  for (const text of comments) {
    const bracket = text.indexOf('[')
    if (bracket === -1) continue
    const last = words(text.slice(0, bracket)).at(-1) ?? ''
    // Some names keep the root's dot.
    const name = last.endsWith('.') ? last.slice(0, -1) : last
    if (name.includes('.') && !isAddress(name)) return name
  }
  return undefined
}

/** Words of a comment; of `user@host`, where the client's ident answer stands in front, the host. */
function words(text: string): string[] {
  const found = text.split(' ').filter((word) => word !== '')
  return found.map((word) => word.slice(word.lastIndexOf('@') + 1))
}

/** What stands in brackets, without `IPv6:`, a port behind an IPv4 address, and a zone behind an IPv6 one. */
function bracketed(text: string): string | undefined {
  const open = text.indexOf('[')
  const close = text.indexOf(']', open)
  if (open === -1 || close === -1) return undefined
  const inner = text.slice(open + 1, close)
  const untagged = asciiLower(inner.slice(0, 5)) === 'ipv6:' ? inner.slice(5) : inner
  const address = untagged.split(untagged.includes('.') && !untagged.includes('::') ? ':' : '%', 1)[0] ?? ''
  return isAddress(address) ? address : undefined
}

/** Looks like an IP address: enough to find one in prose, not a check of its numbers. */
export function isAddress(text: string): boolean {
  let dots = 0
  let colons = 0
  let letters = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === DOT) dots += 1
    else if (code === COLON) colons += 1
    else if (isHexLetter(code)) letters += 1
    else if (!isDigit(code)) return false
  }
  return colons >= 2 || (colons === 0 && letters === 0 && dots === 3)
}

const isHexLetter = (code: number): boolean => (code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46)

const DOT = 0x2e
