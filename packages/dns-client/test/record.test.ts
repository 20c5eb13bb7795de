import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalRecord, type RecordOf, type RecordType } from '../src/index.ts'
import { decodeUtf8, encodeUtf8 } from '../src/record/utf8.ts'

describe('a record in normal form', () => {
  it.each<[RecordType, unknown, unknown]>([
    ['AAAA', { address: '2001:DB8:0::1' }, { address: '2001:db8::1' }],
    ['CNAME', { target: 'A.Example.' }, { target: 'a.example' }],
    ['MX', { preference: 0, exchange: '.' }, { preference: 0, exchange: '.' }],
  ])('%s', (type, given, normal) => {
    expect(normalRecord(type, given as never)).toEqual(normal)
  })

  const soa = { mname: '.', rname: '.', serial: 0, refresh: 0, retry: 0, expire: 0, minimum: 0 }
  it.each<[RecordType, unknown]>([
    ['A', { address: '::1' }],
    ['A', { address: 'localhost' }],
    ['AAAA', { address: '192.0.2.1' }],
    ['CNAME', { target: 'a..b' }],
    ['NS', { target: '' }],
    ['PTR', { target: 'b\u00fccher.example' }],
    ['MX', { preference: 65536, exchange: 'a' }],
    ['MX', { preference: -1, exchange: 'a' }],
    ['MX', { preference: 1.5, exchange: 'a' }],
    ['MX', { preference: 1, exchange: '' }],
    ['SRV', { priority: 1, weight: 1, port: 65536, target: 'a' }],
    ['SRV', { priority: 1, weight: 1, port: 1, target: '' }],
    ['TLSA', { usage: 256, selector: 0, matchingType: 0, data: new Uint8Array() }],
    ['TXT', { strings: [], text: '' }],
    ['TXT', { strings: [new Uint8Array(256)], text: '' }],
    ['SOA', { ...soa, serial: 2 ** 32 }],
    ['SOA', { ...soa, mname: '' }],
    ['SOA', { ...soa, rname: '' }],
  ])('is refused: %s %j', (type, given) => {
    expect(normalRecord(type, given as never)).toBeUndefined()
  })

  it('owns its octets', () => {
    const octets = Buffer.from('v=spf1 -all')
    const txt = normalRecord('TXT', { strings: [octets], text: '' }) as RecordOf<'TXT'>
    const tlsa = normalRecord('TLSA', { usage: 3, selector: 1, matchingType: 0, data: octets }) as RecordOf<'TLSA'>
    octets.fill(0)
    expect(txt).toEqual({ strings: [new TextEncoder().encode('v=spf1 -all')], text: 'v=spf1 -all' })
    expect(tlsa.data).toEqual(new TextEncoder().encode('v=spf1 -all'))
  })
})

describe('UTF-8', () => {
  it('is written as everybody writes it', () => {
    const unit = fc.oneof(
      fc.constant('a'),
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom('\ud800', '\udc00'),
    )
    const text = fc.array(unit).map((units) => units.join(''))
    fc.assert(fc.property(text, (any) => void expect(encodeUtf8(any)).toEqual(new TextEncoder().encode(any))))
  })

  it('is read as everybody reads it', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => [...new TextEncoder().encode(text)]),
      fc.array(
        fc.constantFrom(0x41, 0x80, 0xbf, 0xc1, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 0x9f, 0xa0, 0x90),
      ),
    )
    // How many U+FFFD stand for broken octets is left open by the standard, and not what we test.
    const squeezed = (text: string): string => text.replace(/\ufffd+/g, '\ufffd')
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const octets = Uint8Array.from(parts.flat())
        const told = new TextDecoder('utf-8', { ignoreBOM: true }).decode(octets)
        expect(squeezed(decodeUtf8(octets))).toBe(squeezed(told))
      }),
      { numRuns: 1000 },
    )
  })
})
