import { CR, LF } from '../octets.ts'
import { fault, item, needMore, type Step } from '../step.ts'
import { type ProxyFault, type ProxyHeader, proxyHeaderOctets } from './header.ts'
import { readVersion1 } from './version-1.ts'
import { readVersion2 } from './version-2.ts'

/**
 * Reads the header of the PROXY protocol, version 1 or 2, from the front of what a proxy sent; never looks past its end,
 * and is decided within {@link proxyHeaderOctets}. Only for peers known to be proxies: whoever may send this header may
 * be anybody. On a fault the connection has to be closed.
 *
 * Of the protocol's text: `doc/proxy-protocol.txt` of HAProxy, 2.1 and 2.2. A checksum, where there is one, is verified.
 */
export function readProxyHeader(input: Uint8Array): Step<ProxyHeader, ProxyFault> {
  if (input.length === 0) return needMore
  const signature = input[0] === CR ? version2 : version1
  for (let i = 0; i < Math.min(signature.length, input.length); i++)
    if (input[i] !== signature[i]) return fault('proxy-signature', i)
  if (input.length < signature.length) return needMore
  if (signature === version2) return readVersion2(input, signature.length)
  const lf = input.subarray(0, proxyHeaderOctets.version1).indexOf(LF)
  if (lf === -1) {
    if (input.length < proxyHeaderOctets.version1) return needMore
    return fault('proxy-too-long', proxyHeaderOctets.version1)
  }
  if (input.indexOf(CR) !== lf - 1) return fault('proxy-syntax', lf)
  const header = readVersion1(input.subarray(signature.length, lf - 1))
  return typeof header === 'string' ? fault(header, lf) : item(header, lf + 1)
}

const version1 = Uint8Array.from('PROXY ', (character) => character.charCodeAt(0))
const version2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
