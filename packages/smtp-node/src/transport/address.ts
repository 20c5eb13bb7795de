import { isIPv4, isIPv6, type Socket } from 'node:net'
import type { PeerInfo } from '@angarium/smtp-wire/drive'

/** Both ends of a connected socket; `undefined` when it is not connected any more. */
export function peerOf(socket: Socket): PeerInfo | undefined {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  if (localAddress === undefined || localPort === undefined) return undefined
  return {
    address: plainAddress(remoteAddress),
    port: remotePort,
    localAddress: plainAddress(localAddress),
    localPort,
  }
}

/** An address without its zone, and as IPv4 where it is one in IPv6 form. */
function plainAddress(address: string): string {
  const zone = address.indexOf('%')
  const bare = zone === -1 ? address : address.slice(0, zone)
  const mapped = bare.startsWith('::ffff:') ? bare.slice('::ffff:'.length) : ''
  return isIPv4(mapped) ? mapped : bare
}

/**
 * What counts as one address when connections are counted: an IPv4 address itself, of an IPv6 address the first 64 bits,
 * which is what one host is given.
 */
export function countedAs(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const behind = tail === undefined || tail === '' ? 0 : tail.split(':').length
  if (tail !== undefined) while (groups.length + behind < 8) groups.push('0')
  if (tail !== undefined && tail !== '') groups.push(...tail.split(':'))
  return `${groups.slice(0, 4).join(':')}::/64`
}
