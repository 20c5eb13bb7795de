import { CR, LF, SP, TAB } from '../octets.ts'

/**
 * Takes out the line ends that white space follows, and nothing else. LF alone counts as a line end, since files have
 * it so. Answers with the input itself when it is not folded, else with a copy.
 * @rfc 5322 2.2.3
 */
export function unfold(octets: Uint8Array): Uint8Array {
  let lf = octets.indexOf(LF)
  if (lf === -1) return octets
  const out = new Uint8Array(octets.length)
  let length = 0
  let from = 0
  for (; lf !== -1; lf = octets.indexOf(LF, lf + 1)) {
    const next = octets[lf + 1]
    if (next !== SP && next !== TAB) continue
    const lineEnd = lf > from && octets[lf - 1] === CR ? lf - 1 : lf
    out.set(octets.subarray(from, lineEnd), length)
    length += lineEnd - from
    from = lf + 1
  }
  out.set(octets.subarray(from), length)
  return out.subarray(0, length + octets.length - from)
}
