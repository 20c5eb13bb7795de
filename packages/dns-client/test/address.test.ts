import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, isLoopback, parseAddress, reverseLabels, reverseName } from '../src/index.ts'
import { hex, vectors } from './vectors.ts'

interface Vector {
  readonly text: string
  /** Absent: no address. */
  readonly octets?: string
  readonly canonical?: string
}

describe('address', () => {
  it.each(vectors<Vector>('addresses'))('$text', ({ text, octets, canonical }) => {
    const parsed = parseAddress(text)
    expect(parsed).toEqual(octets && hex(octets))
    if (parsed) expect(formatAddress(parsed)).toBe(canonical)
  })

  it('is the same when written and read again', () => {
    const words = fc.array(fc.constantFrom(0, 0, 0, 1, 0xab, 0xffff), { minLength: 8, maxLength: 8 })
    const v6 = words.map((all) => Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff])))
    const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(fc.oneof(v4, v6), (octets) => {
        expect(parseAddress(formatAddress(octets))).toEqual(new Uint8Array(octets))
      }),
    )
  })

  it.each([
    ['127.0.0.1', true],
    ['127.255.0.3', true],
    ['128.0.0.1', false],
    ['::1', true],
    ['::2', false],
    ['::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.1', false],
    ['localhost', false],
  ])('%s is loopback: %s', (text, loopback) => {
    expect(isLoopback(text)).toBe(loopback)
  })
})

describe('reverse name', () => {
  it.each([
    ['192.0.2.1', '1.2.0.192.in-addr.arpa'],
    ['::ffff:192.0.2.1', '1.2.0.192.in-addr.arpa'],
    ['2001:db8::cb01', '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
    ['mx.example', undefined],
  ])('of %s', (address, name) => {
    expect(reverseName(address)).toBe(name)
    expect(reverseLabels(address)).toBe(name?.replace(/\.(in-addr|ip6)\.arpa$/, ''))
  })
})
