/**
 * An IP address as its 4 or 16 octets in network order, or undefined when the text is no address.
 * A zone (`%eth0`), a leading zero, or a port is no part of an address.
 *
 * @rfc 4291 2.2
 */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** True for 127.0.0.0/8, ::1, and the former written as an IPv6 address. */
export function isLoopback(text: string): boolean {
  const octets = parseAddress(text)
  if (octets === undefined) return false
  const v4 = embeddedIpv4(octets)
  if (v4 !== undefined) return v4[0] === 127
  return octets.every((octet, at) => octet === (at === 15 ? 1 : 0))
}

/** The IPv4 address that these octets are or carry (`::ffff:0:0/96`). */
export function embeddedIpv4(octets: Uint8Array): Uint8Array | undefined {
  if (octets.length === 4) return octets
  for (let at = 0; at < 12; at++) if (octets[at] !== (at < 10 ? 0 : 0xff)) return undefined
  return octets.subarray(12)
}

function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length > 15) return undefined
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets = new Uint8Array(4)
  for (const [index, part] of parts.entries()) {
    if (part.length === 0 || part.length > 3 || (part.length > 1 && part.startsWith('0'))) return undefined
    let value = 0
    for (let at = 0; at < part.length; at++) {
      const digit = part.charCodeAt(at) - 0x30
      if (digit < 0 || digit > 9) return undefined
      value = value * 10 + digit
    }
    if (value > 255) return undefined
    octets[index] = value
  }
  return octets
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groups(halves[0] ?? '', halves.length === 1)
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 16 - head.length - tail.length
  // `::` stands for at least one group of zeros.
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined
  const octets = new Uint8Array(16)
  octets.set(head)
  octets.set(tail, 16 - tail.length)
  return octets
}

/** The octets of groups parted by colons; the last of an address may be an IPv4 address. */
function groups(text: string, last: boolean): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const octets: number[] = []
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const v4 = last && index === parts.length - 1 ? parseIpv4(part) : undefined
      if (v4 === undefined) return undefined
      octets.push(...v4)
      continue
    }
    if (part.length === 0 || part.length > 4) return undefined
    let value = 0
    for (let at = 0; at < part.length; at++) {
      const digit = hexDigit(part.charCodeAt(at))
      if (digit === undefined) return undefined
      value = value * 16 + digit
    }
    octets.push(value >> 8, value & 0xff)
  }
  return octets.length > 16 ? undefined : octets
}

function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}

/**
 * The text of 4 or 16 octets, IPv6 in its one canonical form.
 *
 * @rfc 5952 4, 5
 */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const v4 = embeddedIpv4(octets)
  if (v4 !== undefined) return `::ffff:${v4.join('.')}`
  const words: number[] = []
  for (let at = 0; at < 16; at += 2) words.push(((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0))
  const zeros = longestZeros(words)
  const hex = (from: number, to: number): string =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(':')
  return zeros === undefined ? hex(0, 8) : `${hex(0, zeros.start)}::${hex(zeros.end, 8)}`
}

/** The first of the longest runs of two or more zero words. */
function longestZeros(words: readonly number[]): { start: number; end: number } | undefined {
  let best = { start: 0, end: 1 }
  for (let start = 0; start < words.length; start++) {
    let end = start
    while (words[end] === 0) end++
    if (end - start > best.end - best.start) best = { start, end }
  }
  return best.end - best.start >= 2 ? best : undefined
}
