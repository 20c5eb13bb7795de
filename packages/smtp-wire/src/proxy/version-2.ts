import { fault, item, needMore, type Step } from '../step.ts'
import { formatAddress } from './address.ts'
import { crc32c } from './checksum.ts'
import { type ProxyFault, type ProxyField, type ProxyHeader, proxyHeaderOctets } from './header.ts'

/** What stands behind the signature, which is `at` octets long: version and command, family, length, addresses, fields. */
export function readVersion2(input: Uint8Array, at: number): Step<ProxyHeader, ProxyFault> {
  if (input.length < at + 4) return needMore
  const [command = 0, family = 0, high = 0, low = 0] = input.subarray(at, at + 4)
  if (command !== LOCAL && command !== PROXY) return fault('proxy-command', at)
  const start = at + 4
  const end = start + high * 256 + low
  if (end > proxyHeaderOctets.version2) return fault('proxy-too-long', at + 2)
  // Of LOCAL everything else is to be ignored, but for its length.
  if (command === LOCAL) return input.length < end ? needMore : item<ProxyHeader>({ kind: 'own' }, end)
  const size = addressOctets.get(family >> 4)
  if (size === undefined || (family & 15) > DATAGRAM) return fault('proxy-family', at + 1)
  // Without a protocol there need be no addresses.
  if ((family & 15) !== 0 && end - start < size) return fault('proxy-address', at + 2)
  if (input.length < end) return needMore
  if ((family & 15) !== STREAM || (family >> 4 !== INET && family >> 4 !== INET6))
    return item<ProxyHeader>({ kind: 'own' }, end)
  const header = input.subarray(0, end)
  const fields = readFields(header, start + size)
  if (typeof fields === 'string') return fault(fields, start + size)
  const each = (size - 4) / 2
  const port = (from: number): number => (header[from] ?? 0) * 256 + (header[from + 1] ?? 0)
  const ends = {
    address: formatAddress(header.subarray(start, start + each)),
    port: port(start + 2 * each),
    localAddress: formatAddress(header.subarray(start + each, start + 2 * each)),
    localPort: port(start + 2 * each + 2),
  }
  return item<ProxyHeader>({ kind: 'proxied', ends, fields }, end)
}

function readFields(header: Uint8Array, from: number): readonly ProxyField[] | ProxyFault {
  const fields: ProxyField[] = []
  for (let at = from; at < header.length; ) {
    const [type = 0, high, low] = header.subarray(at, at + 3)
    if (high === undefined || low === undefined) return 'proxy-fields'
    const start = at + 3
    at = start + high * 256 + low
    if (at > header.length) return 'proxy-fields'
    const value = header.subarray(start, at)
    if (type === CHECKSUM && !isChecksum(header, start, value)) return 'proxy-checksum'
    if (type !== NOOP && type !== CHECKSUM) fields.push({ type, value })
  }
  return fields
}

/** It is the checksum of the header with zeros in its own place. */
function isChecksum(header: Uint8Array, at: number, value: Uint8Array): boolean {
  if (value.length !== 4) return false
  const whole = new Uint8Array(header)
  whole.fill(0, at, at + 4)
  const sum = crc32c(whole)
  return value.every((octet, i) => octet === ((sum >>> (24 - 8 * i)) & 0xff))
}

/** By family: unspecified, IPv4, IPv6, Unix. */
const addressOctets: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 12],
  [2, 36],
  [3, 216],
])
const LOCAL = 0x20
const PROXY = 0x21
const INET = 1
const INET6 = 2
const STREAM = 1
const DATAGRAM = 2
const CHECKSUM = 0x03
const NOOP = 0x04
