import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchAnswer, mixCase, queryFor } from '../src/message/query.ts'
import { dnsPacketCodec } from '../src/node.ts'
import { seededRandom } from './rig.ts'
import { hex } from './vectors.ts'

const query = hex('1234 0120 0001 0000 0000 0000 01 61 02 42 37 00 0001 0001')

describe('query', () => {
  it('asks for recursion, AD, DO, and answers of 1232 octets', () => {
    const octets = dnsPacketCodec.encode(queryFor('a.b7', 'TLSA', 0x1234, true))
    expect(octets).toEqual(
      Buffer.from(hex('1234 0120 0001 0000 0000 0001 0161 02 6237 00 0034 0001 00 0029 04d0 0000 8000 0000')),
    )
  })

  it('goes without EDNS too', () => {
    const octets = dnsPacketCodec.encode(queryFor('a.b7', 'MX', 0x1234, false))
    expect(octets).toEqual(Buffer.from(hex('1234 0120 0001 0000 0000 0000 0161 02 6237 00 000f 0001')))
  })

  it('has its letters in mixed case, and nothing else changed', () => {
    const name = '_25._tcp.mail-7.zone.example.\\195x'
    const random = seededRandom()
    const mixed = Array.from({ length: 50 }, () => mixCase(name, random))
    for (const one of mixed) expect(one.toLowerCase()).toBe(name)
    for (const [at, letter] of [...name].entries())
      expect(new Set(mixed.map((one) => one[at])).size).toBe(/[a-z]/.test(letter) ? 2 : 1)
  })
})

describe('whether a message answers a query', () => {
  const answer = (digits: string): Uint8Array => hex(`${digits} 0000 0000 0000`)
  it.each([
    ['the same question', '1234 8180 0001', '0161 02 4237 00 0001 0001', 'answer'],
    ['more behind the question', '1234 8180 0001', '0161 02 4237 00 0001 0001 c00c ffff', 'answer'],
    ['other case', '1234 8180 0001', '0161 02 6237 00 0001 0001', 'other-case'],
    ['another id', '1235 8180 0001', '0161 02 4237 00 0001 0001', 'stranger'],
    ['another id, high octet', '0234 8180 0001', '0161 02 4237 00 0001 0001', 'stranger'],
    ['a query', '1234 0180 0001', '0161 02 4237 00 0001 0001', 'stranger'],
    ['another name', '1234 8180 0001', '0162 02 4237 00 0001 0001', 'stranger'],
    ['a digit in what would be another case', '1234 8180 0001', '0161 02 4217 00 0001 0001', 'stranger'],
    ['another length of a label', '1234 8180 0001', '0161 22 4237 00 0001 0001', 'stranger'],
    ['another type', '1234 8180 0001', '0161 02 4237 00 0021 0001', 'stranger'],
    ['another class', '1234 8180 0001', '0161 02 4237 00 0001 0003', 'stranger'],
    ['two questions', '1234 8180 0002', '0161 02 4237 00 0001 0001', 'stranger'],
    ['a question cut short', '1234 8180 0001', '0161 02 4237 00 0001 00', 'stranger'],
    ['no question', '1234 8180 0000', '', 'stranger'],
    ['no question, format error', '1234 8181 0000', '', 'answer'],
    ['no question, not implemented', '1234 8184 0000', '', 'answer'],
    ['no question, refused', '1234 8185 0000', '', 'stranger'],
  ])('%s', (_name, head, rest, match) => {
    expect(matchAnswer(query, Uint8Array.from([...answer(head), ...hex(rest)]))).toBe(match)
  })

  it('folds the case of letters only', () => {
    for (const letter of ['61', '7a'])
      expect(
        matchAnswer(
          hex(`1234 0120 0001 0000 0000 0000 01${letter} 00 0001 0001`),
          hex(`1234 8180 0001 0000 0000 0000 01${letter === '61' ? '41' : '5a'} 00 0001 0001`),
        ),
      ).toBe('other-case')
    // A query for `@`, whose octet differs from the backquote's as cases do.
    const odd = hex('1234 0120 0001 0000 0000 0000 0140 00 0001 0001')
    expect(matchAnswer(odd, hex('1234 8180 0001 0000 0000 0000 0160 00 0001 0001'))).toBe('stranger')
  })

  it('is told for any octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (any) => void matchAnswer(query, any)))
    for (let end = 0; end < 12; end++) expect(matchAnswer(query, query.subarray(0, end))).toBe('stranger')
  })
})
