import { CR, LF } from '../octets.ts'
import { fault, item, needMore, type Step } from '../step.ts'

/** What can be wrong with a command line before anybody reads its words. */
export type LineFault = 'line-too-long' | 'bare-lf' | 'bare-cr' | 'control-character'

/**
 * Frames one command line: the octets in front of CRLF, as a view into `input`.
 * A fault's `at` says where; {@link skipLine} tells how much to drop, so a bad line never costs the next one.
 *
 * @param maxOctets the longest line taken, CRLF included
 * @rfc 5321 2.3.8
 * @rfc 5321 4.5.3.1.4
 */
export function readCommandLine(input: Uint8Array, maxOctets: number): Step<Uint8Array, LineFault> {
  const lf = input.indexOf(LF)
  if (lf === -1) return input.length < maxOctets ? needMore : fault('line-too-long', maxOctets)
  if (lf >= maxOctets) return fault('line-too-long', maxOctets)
  if (lf === 0 || input[lf - 1] !== CR) return fault('bare-lf', lf)
  for (let i = 0; i < lf - 1; i++) {
    const octet = input[i] ?? 0
    if (octet >= 0x20 && octet !== 0x7f) continue
    if (octet === CR) return fault('bare-cr', i)
    if (octet !== 0x09) return fault('control-character', i)
  }
  return item(input.subarray(0, lf - 1), lf + 1)
}

/** Octets up to and with the next LF, or `undefined` while there is none. */
export function skipLine(input: Uint8Array): number | undefined {
  const lf = input.indexOf(LF)
  return lf === -1 ? undefined : lf + 1
}
