import { isIpv4, isIpv6 } from '../address/domain.ts'
import { decodeUtf8, readDigits } from '../octets.ts'
import { formatAddress, ipv6Octets } from './address.ts'
import type { ProxyFault, ProxyHeader } from './header.ts'

/** What stands between `PROXY ` and CRLF. */
export function readVersion1(octets: Uint8Array): ProxyHeader | ProxyFault {
  // What follows UNKNOWN is to be ignored, whatever it is.
  if (isUnknown(octets)) return { kind: 'own' }
  const [family = '', address = '', localAddress = '', port = '', localPort = '', ...rest] =
    decodeUtf8(octets)?.split(' ') ?? []
  if (rest.length > 0) return 'proxy-syntax'
  const read = family === 'TCP4' ? readIpv4 : family === 'TCP6' ? readIpv6 : undefined
  if (read === undefined) return 'proxy-family'
  const ends = [read(address), read(localAddress)] as const
  const ports = [readPort(port), readPort(localPort)] as const
  if (ends[0] === undefined || ends[1] === undefined) return 'proxy-address'
  if (ports[0] === undefined || ports[1] === undefined) return 'proxy-syntax'
  return {
    kind: 'proxied',
    ends: { address: ends[0], port: ports[0], localAddress: ends[1], localPort: ports[1] },
    fields: [],
  }
}

function isUnknown(octets: Uint8Array): boolean {
  for (let i = 0; i < UNKNOWN.length; i++) if (octets[i] !== UNKNOWN.charCodeAt(i)) return false
  return octets.length === UNKNOWN.length || octets[UNKNOWN.length] === 0x20
}

const readIpv4 = (text: string): string | undefined => (isIpv4(text) ? text : undefined)
const readIpv6 = (text: string): string | undefined => (isIpv6(text) ? formatAddress(ipv6Octets(text)) : undefined)

/** No leading zero, and no more than 16 bits. */
function readPort(text: string): number | undefined {
  const port = readDigits(text, 5)
  return port === undefined || port > 65_535 || (text.length > 1 && text.startsWith('0')) ? undefined : port
}

const UNKNOWN = 'UNKNOWN'
