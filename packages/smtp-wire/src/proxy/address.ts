/**
 * Four octets as IPv4, sixteen as IPv6 in the form of RFC 5952: lower case, no leading zeros, the longest run of zeros
 * (the first of equals, and not of one group) left out. An IPv4-mapped address is written as IPv4.
 */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  if (isMapped(octets)) return octets.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (octets[2 * i] ?? 0) * 256 + (octets[2 * i + 1] ?? 0))
  const { from, length } = longestRun(groups)
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':')
  if (length < 2) return hex(groups)
  return `${hex(groups.slice(0, from))}::${hex(groups.slice(from + length))}`
}

/** The octets of a text that `isIpv6` accepts. */
export function ipv6Octets(text: string): Uint8Array {
  const [head = '', tail] = text.split('::')
  const front = groupsOf(head)
  const back = groupsOf(tail ?? '')
  const octets = new Uint8Array(16)
  octets.set(front)
  octets.set(back, 16 - back.length)
  return octets
}

function groupsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

const isMapped = (octets: Uint8Array): boolean =>
  octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff

function longestRun(groups: readonly number[]): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 }
  for (let from = 0; from < groups.length; from++) {
    let length = 0
    while (groups[from + length] === 0) length += 1
    if (length > best.length) best = { from, length }
  }
  return best
}
