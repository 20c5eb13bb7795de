import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ReencodeOptions, type Reencoding, reencode, type Signature } from '../src/transfer.ts'
import { decodedParts } from './decode.ts'
import { characters, octets, vectors } from './rig.ts'

interface Vector {
  readonly name: string
  readonly content: string
  readonly to: '8bit' | '7bit'
  readonly sealed?: 'keep' | 'break'
  readonly lineOctets?: number
  readonly result?: string
  readonly changes?: readonly [string, string][]
  readonly breaks?: readonly Signature[]
  readonly impossible?: readonly [string, string]
}

const cases = vectors<Vector>('reencodings')

function plain(answer: Reencoding) {
  if (answer.kind === 'impossible') return { impossible: [answer.because, answer.part] }
  const result = answer.pieces.map(characters).join('')
  expect(answer.octets).toBe(result.length)
  return { result, changes: answer.changes.map(({ part, change }) => [part, change]), breaks: answer.breaks }
}

describe('re-encoding', () => {
  it.each(cases)('$name, to $to', ({ name: _, content, to, sealed, lineOctets, ...expected }) => {
    const options: ReencodeOptions = { ...(sealed && { sealed }), ...(lineOctets && { lineOctets }) }
    const before = octets(content)
    const answer = plain(reencode(before, to, options))
    expect(answer).toEqual(expected)
    expect(characters(before)).toBe(content)
    if (answer.result === undefined) return
    expect(plain(reencode(octets(answer.result), to, options))).toEqual({ ...answer, changes: [], breaks: [] })
    expect(decodedParts(octets(answer.result))).toEqual(decodedParts(before))
  })

  it('does not copy what it does not touch', () => {
    const fitting = octets('A: 1\r\n\r\nx\r\n')
    expect(reencode(fitting, '7bit')).toEqual({ kind: 'done', pieces: [fitting], octets: 11, changes: [], breaks: [] })
    const content = octets(cases.find(({ name }) => name.startsWith('parts: only'))?.content ?? '')
    const answer = reencode(content, '7bit')
    if (answer.kind !== 'done') throw new Error(answer.because)
    expect(answer.pieces.map(({ buffer }) => buffer === content.buffer)).toEqual(
      // Kept and new by turns: labels of the multipart and the first part, its body, the label and body of the third.
      [true, false, true, false, true, false, true, false, true, false, true],
    )
  })

  it('looks no further than its limits', () => {
    const content = octets(`${'Content-Type: message/rfc822\r\n\r\n'.repeat(200)}\r\n\u00e9`)
    expect(reencode(content, '7bit')).toEqual({ kind: 'impossible', because: 'too-deep', part: '' })
    expect(reencode(content, '8bit').kind).toBe('done')
  })
})

describe('any message', () => {
  const body = fc
    .array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('\r\n', 'some words of text', '\u00e9', ' ', '.', 'From ', '-') },
        { weight: 1, arbitrary: fc.constantFrom('\r', '\n', '\0', '--0', '--0--', 'x'.repeat(990)) },
      ),
      { maxLength: 12 },
    )
    .map((pieces) => pieces.join(''))
  const field = fc.constantFrom(
    'Content-Transfer-Encoding: 8bit\r\n',
    'Content-Transfer-Encoding: binary\r\n',
    'MIME-Version: 1.0\r\n',
    'X: y\r\n',
  )
  const { entity } = fc.letrec<{ entity: string; leaf: string; message: string; multipart: string }>((tie) => ({
    entity: fc.oneof({ maxDepth: 4, withCrossShrink: true }, tie('leaf'), tie('multipart'), tie('message')),
    leaf: fc
      .tuple(fc.constantFrom('', 'Content-Type: text/plain\r\n', 'Content-Type: a/b\r\n'), fc.array(field), body)
      .map(([type, fields, text]) => `${type}${fields.join('')}\r\n${text}`),
    message: fc
      .tuple(fc.array(field), tie('entity'))
      .map(([fields, inner]) => `Content-Type: message/rfc822\r\n${fields.join('')}\r\n${inner}`),
    multipart: fc
      .tuple(fc.nat(2), fc.array(field), body, fc.array(tie('entity'), { maxLength: 3 }), body)
      .map(
        ([boundary, fields, preamble, parts, epilogue]) =>
          `Content-Type: multipart/mixed; boundary=${boundary}\r\n${fields.join('')}\r\n${preamble}` +
          `${parts.map((part) => `\r\n--${boundary}\r\n${part}`).join('')}\r\n--${boundary}--\r\n${epilogue}`,
      ),
  }))

  it('says the same afterwards, and fits', () => {
    let done = 0
    fc.assert(
      fc.property(entity, fc.constantFrom<'8bit' | '7bit'>('8bit', '7bit'), (content, to) => {
        const before = octets(content)
        const answer = reencode(before, to)
        if (answer.kind === 'impossible') return
        done += answer.changes.length
        const after = answer.pieces.map(characters).join('')
        expect(after).toMatch(to === '7bit' ? /^(?:[^\r\n\0\x80-\xff]|\r\n)*$/ : /^(?:[^\r\n\0]|\r\n)*$/)
        expect(Math.max(...after.split('\r\n').map(({ length }) => length))).toBeLessThanOrEqual(998)
        expect(decodedParts(octets(after))).toEqual(decodedParts(before))
      }),
      { numRuns: 1000 },
    )
    expect(done).toBeGreaterThan(100)
  })
})
