import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseContentType } from '../src/mime/content-type.ts'
import { encodeBase64, encodeQuotedPrintable } from '../src/transfer.ts'
import { decodeBase64, decodeQuotedPrintable } from './decode.ts'
import { characters, octets, vectors } from './rig.ts'

describe('quoted-printable', () => {
  it.each(vectors<{ name: string; text: string; encoded: string }>('quoted-printable'))('$name', (vector) => {
    expect(characters(encodeQuotedPrintable(octets(vector.text)))).toBe(vector.encoded)
    expect(characters(decodeQuotedPrintable(octets(vector.encoded)))).toBe(vector.text)
  })

  // What a line, a soft break or a guard may begin or end with comes more often than by chance.
  const texts = fc.array(
    fc.oneof(
      fc.constantFrom('\r\n', '\r', '\n', ' ', '\t', '=', '.', '-', 'From ', 'x'.repeat(70), 'y'.repeat(75)),
      fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
    ),
    { maxLength: 60 },
  )

  it('decodes to what it was, and is lines that arrive as they left', () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        const encoded = characters(encodeQuotedPrintable(octets(text)))
        expect(characters(decodeQuotedPrintable(octets(encoded)))).toBe(text)
        for (const line of encoded.split('\r\n')) {
          expect(line).toMatch(/^[\t -~]{0,76}$/)
          expect(line).not.toMatch(/[ \t]$|^\.|^From /)
        }
      }),
    )
  })
})

describe('base64', () => {
  it.each(vectors<{ octets: string; encoded: string }>('base64'))('$encoded', (vector) => {
    expect(characters(encodeBase64(octets(vector.octets)))).toBe(vector.encoded)
  })

  it('decodes to what it was, in lines of 76', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (content) => {
        const encoded = characters(encodeBase64(content))
        expect(decodeBase64(octets(encoded))).toEqual(content)
        const lines = encoded.split('\r\n')
        expect(lines.slice(0, -1).every((line) => line.length === 76)).toBe(true)
        expect(lines.at(-1)).toMatch(/^[A-Za-z0-9+/]{0,76}={0,2}$/)
      }),
    )
  })
})

describe('Content-Type', () => {
  interface Vector {
    readonly text: string
    readonly expected: {
      readonly type: string
      readonly subtype: string
      readonly parameters: [string, string][]
    } | null
  }

  it.each(vectors<Vector>('content-types'))('$text', ({ text, expected }) => {
    const read = parseContentType(text)
    expect(read && { ...read, parameters: [...read.parameters] }).toEqual(expected ?? undefined)
  })

  it('takes any text', () => {
    const piece = fc.constantFrom('text', '/', ';', '=', '"', '\\', '(', ')', ' ', '\r\n', 'boundary', '\u00e9')
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => void parseContentType(text),
      ),
    )
  })
})
