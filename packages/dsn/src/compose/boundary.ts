import { encodeUtf8 } from '@angarium/smtp-wire'
import { DsnError } from '../error.ts'
import type { ReportRandom } from '../report.ts'

/**
 * Makes a boundary that stands in none of the parts. It holds "=_", which encoded text never does.
 *
 * @throws DsnError BOUNDARY_TAKEN when the randomness is none and the content holds its octets
 * @rfc 2046 5.1.1
 */
export function newBoundary(random: ReportRandom, parts: readonly Uint8Array[]): string {
  let boundary = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    boundary = `=_${hexOf(random.bytes(12))}`
    const sought = encodeUtf8(boundary)
    if (!parts.some((part) => holds(part, sought))) return boundary
  }
  throw new DsnError('BOUNDARY_TAKEN', 'the randomness handed in repeats itself', { boundary })
}

/** Two lower-case digits for each octet. */
export function hexOf(octets: Uint8Array): string {
  let digits = ''
  for (const octet of octets) digits += octet.toString(16).padStart(2, '0')
  return digits
}

function holds(octets: Uint8Array, sought: Uint8Array): boolean {
  const first = sought[0] as number
  for (let at = octets.indexOf(first); at !== -1; at = octets.indexOf(first, at + 1)) {
    let matched = 1
    while (matched < sought.length && octets[at + matched] === sought[matched]) matched += 1
    if (matched === sought.length) return true
  }
  return false
}

const ATTEMPTS = 8
