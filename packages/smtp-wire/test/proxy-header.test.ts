import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ProxiedEnds, proxyHeaderOctets, readProxyHeader } from '../src/index.ts'
import { formatAddress, ipv6Octets } from '../src/proxy/address.ts'
import { crc32c } from '../src/proxy/checksum.ts'
import { hasShared, shared, toOctets, toText, vectors, withoutShared } from './codec-shared.ts'

interface Vector {
  readonly wire: string
  readonly rest?: string
  readonly ends?: ProxiedEnds
  readonly fields?: readonly (readonly [number, string])[]
  readonly fault?: string
}

const cases = vectors<Vector>('proxy-headers.json')

describe.each(cases)('$wire', ({ wire, rest = '', ends, fields = [], fault }) => {
  const octets = toOctets(wire)
  const length = octets.length - rest.length

  it('is read as written down', () => {
    const step = readProxyHeader(octets)
    if (fault !== undefined) expect(step).toMatchObject({ kind: 'fault', fault })
    else if (ends === undefined) expect(step).toEqual({ kind: 'item', value: { kind: 'own' }, consumed: length })
    else {
      expect(step).toMatchObject({ kind: 'item', value: { kind: 'proxied', ends }, consumed: length })
      if (step.kind === 'item' && step.value.kind === 'proxied')
        expect(step.value.fields.map(({ type, value }) => [type, toText(value)])).toEqual(fields)
    }
  })

  it('is decided by its last octet, and not otherwise by any before', () => {
    for (let end = 0; end < length; end++) {
      const step = readProxyHeader(octets.subarray(0, end))
      if (step.kind !== 'need-more') expect(step).toMatchObject({ kind: 'fault', fault })
    }
    expect(readProxyHeader(octets.subarray(0, length))).toEqual(readProxyHeader(octets))
  })
})

it('is decided within its bound, whatever comes', () => {
  const start = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY UNKNOWN ',
    cases.find(({ wire }) => wire.startsWith('\r'))?.wire ?? '',
  )
  fc.assert(
    fc.property(start, fc.uint8Array({ minLength: 5_000, maxLength: 5_000 }), (text, octets) => {
      const whole = new Uint8Array([...toOctets(text), ...octets])
      const step = readProxyHeader(whole)
      expect(step.kind).not.toBe('need-more')
      if (step.kind === 'item') expect(step.consumed).toBeLessThanOrEqual(proxyHeaderOctets.version2)
    }),
  )
})

describe('addresses', () => {
  it('are written in the one form URLs have too, and read back', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 0xab, 0xff), { minLength: 16, maxLength: 16 }), (list) => {
        const octets = Uint8Array.from(list)
        const text = formatAddress(octets)
        if (text.includes('.')) return
        expect(text).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1))
        expect(ipv6Octets(text)).toEqual(octets)
      }),
    )
  })
})

it('the checksum is CRC32c', () => {
  // The check value of the catalogue of CRCs.
  expect(crc32c(toOctets('123456789'))).toBe(0xe3069283)
})

it.skipIf(!hasShared)(`Exim: the headers its tests send${withoutShared}`, () => {
  const script = shared('exim-scripts/scripts/4030-proxy-protocol/4030')
  const headers = [...script.matchAll(/^(?:>>> (\\x0D.*)|(PROXY .*))$/gm)].map(([, binary, line]) =>
    toOctets(
      line === undefined
        ? (binary ?? '').replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          )
        : `${line}\r\n`,
    ),
  )
  expect(headers.length).toBeGreaterThan(2)
  for (const header of headers)
    expect(readProxyHeader(header)).toMatchObject({
      kind: 'item',
      value: { kind: 'proxied', ends: { address: '127.0.0.2', localAddress: '127.42.42.42' } },
      consumed: header.length,
    })
})
