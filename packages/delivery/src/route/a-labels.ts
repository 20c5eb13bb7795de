import { isAscii } from '@angarium/smtp-wire'
/**
 * A domain as DNS and hosts without SMTPUTF8 know it: labels beyond ASCII as A-labels. Lower case and NFC are made; what a
 * registry would not register leads to no record. `undefined`: a label is too long.
 *
 * @rfc 5891 5.5
 */
export function aLabels(domain: string): string | undefined {
  if (isAscii(domain)) return domain
  const labels: string[] = []
  for (const label of domain.split('.')) {
    if (label.length > LABEL) return undefined
    const ascii = isAscii(label) ? label : `xn--${punycode(label.toLowerCase().normalize('NFC'))}`
    if (ascii.length > LABEL) return undefined
    labels.push(ascii)
  }
  return labels.join('.')
}

/** @rfc 3492 6.3 */
function punycode(label: string): string {
  const points = Array.from(label, (character) => character.codePointAt(0) ?? 0)
  const basic = points.filter((point) => point < FIRST)
  let output = String.fromCharCode(...basic)
  if (basic.length > 0) output += '-'
  let handled = basic.length
  let bias = FIRST_BIAS
  let delta = 0
  let least = FIRST
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= least))
    delta += (next - least) * (handled + 1)
    least = next
    for (const point of points) {
      if (point < least) delta++
      if (point !== least) continue
      output += variableLength(delta, bias)
      bias = adapted(delta, handled + 1, handled === basic.length)
      delta = 0
      handled++
    }
    delta++
    least++
  }
  return output
}

/** @rfc 3492 3.3 */
function variableLength(delta: number, bias: number): string {
  let digits = ''
  let left = delta
  for (let at = BASE; ; at += BASE) {
    const threshold = Math.min(Math.max(at - bias, T_MIN), T_MAX)
    if (left < threshold) return digits + DIGITS.charAt(left)
    digits += DIGITS.charAt(threshold + ((left - threshold) % (BASE - threshold)))
    left = Math.floor((left - threshold) / (BASE - threshold))
  }
}

/** @rfc 3492 6.1 */
function adapted(delta: number, points: number, isFirst: boolean): number {
  let left = Math.floor(delta / (isFirst ? DAMP : 2))
  left += Math.floor(left / points)
  let bias = 0
  for (; left > ((BASE - T_MIN) * T_MAX) / 2; bias += BASE) left = Math.floor(left / (BASE - T_MIN))
  return bias + Math.floor(((BASE - T_MIN + 1) * left) / (left + SKEW))
}

const LABEL = 63
const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789'
const FIRST = 0x80
const FIRST_BIAS = 72
const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
