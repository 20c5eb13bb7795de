import { parseAddress } from '@angarium/dns-client'
import { misuse } from '../error.ts'

/**
 * Makes a test for numeric addresses out of ranges such as `127.0.0.0/8`, `2001:db8::/32`, or a single address.
 * What is no address is in no range.
 *
 * @throws ReceptionError RECEPTION_MISUSE for a range that is none, or with bits beyond its prefix
 * @rfc 4291 2.3
 */
export function createAddressMatcher(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map(parseRange)
  return (address) => {
    const octets = parseAddress(address)
    return octets !== undefined && parsed.some((range) => isIn(octets, range))
  }
}

interface Range {
  readonly octets: Uint8Array
  readonly bits: number
}

function parseRange(text: string): Range {
  const slash = text.indexOf('/')
  const octets = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (octets === undefined) throw misuse('address range', text)
  const most = octets.length * 8
  const bits = slash === -1 ? most : prefixLength(text.slice(slash + 1))
  // Bits beyond the prefix are a slip of the pen, and it matters who may relay.
  if (bits === undefined || bits > most || !isClear(octets, bits)) throw misuse('address range', text)
  return { octets, bits }
}

function prefixLength(text: string): number | undefined {
  return /^(0|[1-9][0-9]{0,2})$/.test(text) ? Number.parseInt(text, 10) : undefined
}

function isClear(octets: Uint8Array, bits: number): boolean {
  return octets.every((octet, at) => (octet & ~maskOf(bits, at)) === 0)
}

function isIn(octets: Uint8Array, range: Range): boolean {
  if (octets.length !== range.octets.length) return false
  return octets.every((octet, at) => (octet & maskOf(range.bits, at)) === range.octets[at])
}

/** The part of a prefix that falls into one octet. */
function maskOf(bits: number, at: number): number {
  const left = Math.min(8, Math.max(0, bits - at * 8))
  return (0xff << (8 - left)) & 0xff
}
