import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUnstructured, encodeUtf8, formatField, readHeader } from '../src/index.ts'

const code = (name: string) => expect.objectContaining({ name: 'ImfError', code: name })

describe('formatField', () => {
  it.each([
    ['Subject', 'hello', 'Subject: hello\r\n'],
    ['Subject', '', 'Subject:\r\n'],
    ['Subject', ' \t', 'Subject:\r\n'],
    ['Subject', '  hello\t', 'Subject: hello\r\n'],
    ['A', `${'x'.repeat(40)} ${'y'.repeat(40)}`, `A: ${'x'.repeat(40)}\r\n ${'y'.repeat(40)}\r\n`],
    ['A', `${'x'.repeat(40)}\t  ${'y'.repeat(34)}`, `A: ${'x'.repeat(40)}\r\n\t  ${'y'.repeat(34)}\r\n`],
    ['A', `${'x'.repeat(40)} ${'y'.repeat(34)}`, `A: ${'x'.repeat(40)} ${'y'.repeat(34)}\r\n`],
    ['A', 'x'.repeat(500), `A: ${'x'.repeat(500)}\r\n`],
    ['A', `${'x'.repeat(500)} y`, `A: ${'x'.repeat(500)}\r\n y\r\n`],
    ['A', `x${' '.repeat(100)}y`, `A: x\r\n${' '.repeat(100)}y\r\n`],
    // A line with encoded-words is shorter, and the first may move to a line of its own.
    ['Subject', `=?utf-8?q?${'x'.repeat(63)}?=`, `Subject:\r\n =?utf-8?q?${'x'.repeat(63)}?=\r\n`],
    ['Subject', `${'x'.repeat(45)} =?utf-8?q?xxxxx?= y`, `Subject: ${'x'.repeat(45)} =?utf-8?q?xxxxx?= y\r\n`],
    ['Subject', `${'x'.repeat(48)} =?utf-8?q?xxxxx?= y`, `Subject: ${'x'.repeat(48)} =?utf-8?q?xxxxx?=\r\n y\r\n`],
  ])('%s with %j', (name, value, field) => {
    expect(formatField(name, value)).toBe(field)
  })

  it('counts octets, not characters', () => {
    const half = '\u99ac'.repeat(13)
    expect(formatField('A', `${half} ${half}`, { utf8: true })).toBe(`A: ${half}\r\n ${half}\r\n`)
  })

  it('refuses what would break the field, or be another', () => {
    for (const value of [
      'a\r\nBcc: b',
      'a\r\n b',
      'a\nb',
      'a\rb',
      'a\0b',
      'a\x1bb',
      '\x7f',
      '\u0085',
      '\u009b',
      '\ud800x',
      'x\udc00',
    ])
      expect(() => formatField('Subject', value, { utf8: true })).toThrowError(code('UNSAFE_TEXT'))
    for (const name of ['', 'a b', 'a:', 'a\r\n', 'a\0', '\u00fc', 'x'.repeat(77)])
      expect(() => formatField(name, 'x')).toThrowError(code('BAD_FIELD_NAME'))
    expect(() => formatField('Subject', 'gr\u00fcn')).toThrowError(code('NOT_ASCII'))
    expect(formatField('A', 'x'.repeat(995))).toHaveLength(1000)
    expect(() => formatField('A', 'x'.repeat(998))).toThrowError(code('LINE_TOO_LONG'))
    expect(() => formatField('A', `y ${'x'.repeat(998)}`)).toThrowError(code('LINE_TOO_LONG'))
    expect(formatField('A', `y ${'x'.repeat(997)}`)).toBe(`A: y\r\n ${'x'.repeat(997)}\r\n`)
  })

  it('keeps the value, in lines of at most 78 octets where there is white space', () => {
    const word = fc.string({
      unit: fc.constantFrom('a', '"', '(', '\u00fc', '\u99ac', '\ud83d\udc0e'),
      minLength: 1,
      maxLength: 20,
    })
    const gap = fc.constantFrom(' ', '  ', '\t', ' \t ')
    const value = fc.array(fc.tuple(gap, word), { maxLength: 60 }).map((parts) => parts.flat().join(''))
    fc.assert(
      fc.property(value, (text) => {
        const field = formatField('X-Value', text, { utf8: true })
        for (const line of field.split('\r\n')) expect(encodeUtf8(line).length).toBeLessThanOrEqual(82)
        const [read, ...others] = readHeader(encodeUtf8(field)).pieces
        expect(others).toEqual([])
        expect(read).toMatchObject({ kind: 'field', name: 'X-Value', text: text.trim(), irregularities: [] })
      }),
    )
  })
})

/** A reader of UTF-8 encoded-words by RFC 2047, written apart from the encoder. */
function decode(text: string): string {
  return text.replace(/=\?utf-8\?([qb])\?([^?]*)\?=(?:\s+(?==\?))?/g, (_, kind: string, coded: string) => {
    const octets =
      kind === 'b'
        ? atob(coded)
        : coded
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(octets, (one) => one.charCodeAt(0)))
  })
}

describe('encodeUnstructured', () => {
  it.each([
    ['plain text', 'plain text'],
    ['', ''],
    ['Gr\u00fc\u00dfe aus K\u00f6ln', '=?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?='],
    ['to K\u00f6ln and back', 'to =?utf-8?q?K=C3=B6ln?= and back'],
    ['two  K\u00f6ln  more', 'two =?utf-8?q?_K=C3=B6ln_?= more'],
    ['\u99ac\u99ac', '=?utf-8?b?6aas6aas?='],
    ['look: =?x?q?y?=', 'look: =?utf-8?b?PT94P3E/eT89?='],
  ])('of %j is %j', (text, encoded) => {
    expect(encodeUnstructured(text)).toBe(encoded)
  })

  it('refuses controls', () => {
    for (const text of ['a\r\nb', '\u00fc\nb', '\0', '\ud800'])
      expect(() => encodeUnstructured(text)).toThrowError(code('UNSAFE_TEXT'))
  })

  it('is ASCII, in words of at most 75 characters, and a reader gets the text back', () => {
    const text = fc
      .array(
        fc.constantFrom('word', ' ', '  ', '\u00fc', '\u99ac', '\ud83d\udc0e', '=?', '?=', '_', '=', 'x'.repeat(30)),
        { maxLength: 60 },
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, (value) => {
        const encoded = encodeUnstructured(value)
        expect(encoded).toMatch(/^[ -~]*$/)
        for (const word of encoded.split(' ')) if (word.startsWith('=?')) expect(word.length).toBeLessThanOrEqual(75)
        expect(decode(encoded)).toBe(value)
        const field = formatField('Subject', encoded)
        for (const line of field.split('\r\n')) if (line.includes('=?')) expect(line.length).toBeLessThanOrEqual(76)
      }),
      { numRuns: 500 },
    )
  })
})
