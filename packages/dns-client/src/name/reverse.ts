import { embeddedIpv4, parseAddress } from './address.ts'

/**
 * The labels of an address, last part first: `192.0.2.1` gives `1.2.0.192`, an IPv6 address its 32 nibbles.
 * Put a block list's zone behind it to ask that list. An IPv4 address inside `::ffff:0:0/96`, as a dual-stack socket
 * tells it, counts as IPv4. Undefined when the text is no address.
 *
 * @rfc 5782 2.1, 2.4
 */
export function reverseLabels(address: string): string | undefined {
  return reversed(address)?.labels
}

/**
 * The name under which an address has its PTR record.
 *
 * @rfc 1035 3.5
 * @rfc 3596 2.5
 */
export function reverseName(address: string): string | undefined {
  const found = reversed(address)
  return found && `${found.labels}.${found.zone}`
}

function reversed(address: string): { labels: string; zone: string } | undefined {
  const octets = parseAddress(address)
  if (octets === undefined) return undefined
  const v4 = embeddedIpv4(octets)
  if (v4 !== undefined) return { labels: [...v4].reverse().join('.'), zone: 'in-addr.arpa' }
  const nibbles = [...octets].reverse().flatMap((octet) => [octet & 15, octet >> 4])
  return { labels: nibbles.map((nibble) => nibble.toString(16)).join('.'), zone: 'ip6.arpa' }
}
