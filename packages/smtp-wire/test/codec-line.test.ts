import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8, readCommandLine, readDigits, skipLine } from '../src/index.ts'
import { ENDLESS_LINE_OCTETS } from '../src/server/limits.ts'
import { LineInput } from '../src/server/line-input.ts'
import { cuts, toOctets, toText } from './codec-shared.ts'

/** All lines and faults of some octets, fed in pieces. */
function lines(pieces: readonly Uint8Array[], maxOctets: number): string[] {
  const input = new LineInput()
  const all: string[] = []
  for (const piece of pieces) {
    input.feed(piece)
    for (;;) {
      const step = input.line(maxOctets)
      if (step.kind === 'need-more') break
      all.push(step.kind === 'item' ? toText(step.value) : `!${step.fault}`)
      if (step.kind === 'fault' && step.fault === 'line-endless') return all
    }
    expect(input.waiting).toBe(0)
  }
  return all
}

describe('framing', () => {
  it.each<[string, number, string[]]>([
    ['a\r\nb\r\n', 10, ['a', 'b']],
    ['\r\n', 10, ['']],
    ['12345678\r\n', 10, ['12345678']],
    ['123456789\r\nx\r\n', 10, ['!line-too-long', 'x']],
    ['1234567890\nx\r\n', 10, ['!line-too-long', 'x']],
    ['123456789\nx\r\n', 10, ['!bare-lf', 'x']],
    ['a\nb\r\n', 10, ['!bare-lf', 'b']],
    ['\nb\r\n', 10, ['!bare-lf', 'b']],
    ['a\rb\r\nc\r\n', 10, ['!bare-cr', 'c']],
    ['a\r\r\nc\r\n', 10, ['!bare-cr', 'c']],
    ['a\x00b\r\nc\r\n', 10, ['!control-character', 'c']],
    ['a\x1bb\r\n', 10, ['!control-character']],
    ['a\tb\xff\r\n', 10, ['a\tb\xff']],
    [`${'x'.repeat(100)}\r\ny\r\n`, 10, ['!line-too-long', 'y']],
    ['a\r\nunfinished', 10, ['a']],
  ])('%j', (wire, max, expected) => {
    for (const pieces of cuts(toOctets(wire))) expect(lines(pieces, max)).toEqual(expected)
  })

  it('what is held of a line is a copy, also of a Node buffer', () => {
    for (const make of [(text: string) => Buffer.from(text), toOctets]) {
      const input = new LineInput()
      const first = make('x\r\nab')
      input.feed(first)
      expect(input.line(10)).toMatchObject({ kind: 'item' })
      expect(input.line(10)).toEqual({ kind: 'need-more' })
      first.fill(0)
      const second = make('cd')
      input.feed(second)
      expect(input.line(10)).toEqual({ kind: 'need-more' })
      second.fill(0)
      input.feed(make('\r\n'))
      const step = input.line(10)
      expect(step.kind === 'item' && toText(step.value)).toBe('abcd')
    }
  })

  it('an endless line is told as such after so many octets, in whatever pieces', () => {
    const octets = new Uint8Array(ENDLESS_LINE_OCTETS + 1).fill(0x78)
    for (const size of [1, 7, 512, 1_000, octets.length]) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < octets.length; at += size) pieces.push(octets.subarray(at, at + size))
      expect(lines(pieces, 512)).toEqual(['!line-endless'])
    }
    expect(lines([toOctets(`${'x'.repeat(ENDLESS_LINE_OCTETS - 1)}\nOK\r\n`)], 512)).toEqual(['!line-too-long', 'OK'])
    expect(lines([toOctets(`${'x'.repeat(ENDLESS_LINE_OCTETS)}\nOK\r\n`)], 512)).toEqual(['!line-endless'])
  })

  it('says where a fault is, and how much to drop', () => {
    expect(readCommandLine(toOctets('a\0b\r\nc'), 10)).toEqual({ kind: 'fault', fault: 'control-character', at: 1 })
    expect(readCommandLine(toOctets('abc'), 3)).toEqual({ kind: 'fault', fault: 'line-too-long', at: 3 })
    expect(readCommandLine(toOctets('ab'), 3)).toEqual({ kind: 'need-more' })
    expect(skipLine(toOctets('a\0b\r\nc'))).toBe(5)
    expect(skipLine(toOctets('abc'))).toBeUndefined()
  })
})

describe('octets and text', () => {
  it.each([
    ['', ''],
    ['abc', 'abc'],
    ['\xc3\xa9', 'é'],
    ['\xe2\x82\xac', '€'],
    ['\xf0\x9f\x98\x80', '😀'],
    ['\xf4\x8f\xbf\xbf', '\u{10ffff}'],
  ])('UTF-8 %j', (wire, text) => {
    expect(decodeUtf8(toOctets(wire))).toBe(text)
    expect(toText(encodeUtf8(text))).toBe(wire)
  })

  it.each([
    '\x80',
    '\xc3',
    '\xc0\x80',
    '\xe0\x80\x80',
    '\xed\xa0\x80',
    '\xf4\x90\x80\x80',
    '\xff',
    'a\xc3(',
    '\xf0\x9f\x98',
    '\xf8\x88\x80\x80\x80',
  ])('no UTF-8: %j', (wire) => {
    expect(decodeUtf8(toOctets(wire))).toBeUndefined()
  })

  it('long text and lone surrogates', () => {
    const long = 'é'.repeat(10_000)
    expect(decodeUtf8(encodeUtf8(long))).toBe(long)
    expect(toText(encodeUtf8('a\ud800b'))).toBe('a\xef\xbf\xbdb')
    const ascii = 'a'.repeat(5_000)
    expect(decodeUtf8(encodeUtf8(ascii))).toBe(ascii)
  })

  it.each([
    ['0', 0],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
    ['1000000000000000', undefined],
    ['', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['-1', undefined],
    ['+1', undefined],
    [' 1', undefined],
    ['1.0', undefined],
    ['٣', undefined],
    ['Infinity', undefined],
  ])('digits %j', (text, value) => {
    expect(readDigits(text)).toBe(value)
  })
})
