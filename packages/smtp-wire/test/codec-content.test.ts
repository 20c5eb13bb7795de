import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineCheck } from '../src/content/lines.ts'
import { type BareLineEnds, DataDecoder, DataEncoder, WireError } from '../src/index.ts'
import { cuts, hasShared, shared, toOctets, toText, vectors, withoutShared } from './codec-shared.ts'

interface Decoded {
  readonly body: string
  readonly rest: string | undefined
  readonly fault: string | undefined
  readonly octets: number
}

/** Feeds the pieces; `rest` is what stands behind the end, `undefined` without one. */
function decode(pieces: readonly Uint8Array[], bareLineEnds?: BareLineEnds): Decoded {
  const decoder = new DataDecoder(bareLineEnds)
  let body = ''
  let rest: string | undefined
  for (const piece of pieces) {
    let at = 0
    while (at < piece.length && rest === undefined) {
      const step = decoder.next(piece, at)
      // Only a repaired line end may stand for octets read before.
      if (bareLineEnds === undefined) expect(step.consumed).toBeGreaterThan(0)
      at += step.consumed
      if (step.kind === 'body') body += toText(step.octets)
      if (step.kind === 'end') rest = ''
    }
    if (rest !== undefined) rest += toText(piece.subarray(at))
  }
  return { body, rest, fault: decoder.fault, octets: decoder.octets }
}

/** The same, by the words of the RFC and nothing else: one regular expression for the end, one for each fault. */
function reference(wire: string): Decoded {
  const end = /(^|\r\n)\.\r\n/.exec(wire)
  const content = end === null ? wire : wire.slice(0, end.index + (end[1] ?? '').length)
  const rest = end === null ? undefined : wire.slice(end.index + end[0].length)
  const wrong = /\r[^\n]|(?<!\r)\n/.exec(content)
  // What stands behind a line's dot is undecided until its CR proves to be no end.
  const decided = (text: string): string => text.replace(/(^|\r\n)\.\r$/, '$1.')
  const unstuffed = (text: string): string => decided(text).replace(/(^|\r\n)\./g, '$1')
  if (wrong === null) return { body: unstuffed(content), rest, fault: undefined, octets: unstuffed(content).length }
  const isLf = wrong[0] === '\n'
  const body = unstuffed(content.slice(0, wrong.index + (isLf ? 0 : 1)))
  return { body, rest, fault: isLf ? 'bare-lf' : 'bare-cr', octets: -1 }
}

describe.each(vectors<{ wire: string; body: string; rest: string; fault?: string; repaired?: string }>('content.json'))(
  'content $wire',
  ({ wire, body, rest, fault, repaired = body }) => {
    it('is read as written down, at every cut', () => {
      for (const pieces of cuts(toOctets(wire)))
        expect(decode(pieces), `${pieces.length} pieces`).toMatchObject({ body, rest, fault })
    })

    it('is repaired as written down, at every cut', () => {
      for (const pieces of cuts(toOctets(wire))) {
        const got = decode(pieces, 'repair')
        expect(got, `${pieces.length} pieces`).toEqual({
          body: repaired,
          rest,
          fault: undefined,
          octets: repaired.length,
        })
      }
    })
  },
)

describe('look-alikes of the end', () => {
  const { before, dots, after } = JSON.parse(
    readFileSync(new URL('../vectors/smuggling.json', import.meta.url), 'utf8'),
  ) as Record<'before' | 'dots' | 'after', string[]>
  const all = before.flatMap((b) => dots.flatMap((d) => after.map((a) => `${b}${d}${a}`)))
  if (hasShared)
    for (const { bytes_hex: hex } of JSON.parse(shared('smtp-attacks/smtp-smuggling.json')).cases as {
      bytes_hex: string
    }[])
      all.push(toText(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))))
  const second = 'MAIL FROM:<m@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nhidden\r\n.\r\n'

  it(`only CRLF . CRLF is one: ${all.length} of them${withoutShared}`, () => {
    for (const alike of all) {
      const wire = `Subject: x\r\n\r\nvisible${alike}${second}`
      const expected = reference(wire)
      const whole = decode([toOctets(wire)])
      expect(whole, JSON.stringify(alike)).toMatchObject({
        body: expected.body,
        rest: expected.rest,
        fault: expected.fault,
      })
      // The true end is the first place where these five octets stand, and no other.
      expect(whole.rest).toBe(wire.slice(wire.indexOf('\r\n.\r\n') + 5))
    }
  })

  it('cut in all ways around them', () => {
    for (const alike of all) {
      const wire = toOctets(`visible${alike}${second}`)
      const whole = decode([wire])
      for (let from = 6; from < 8 + alike.length; from++)
        for (let to = from + 1; to < 9 + alike.length; to++)
          expect(decode([wire.subarray(0, from), wire.subarray(from, to), wire.subarray(to)])).toEqual(whole)
    }
  })
})

/** Octets that matter more often than others. */
const wireText = fc
  .array(
    fc.constantFrom('\r\n', '\r\n.', '\r\n.\r\n', '.', '\r', '\n', 'a', 'bc', '\0', '\t', 'x'.repeat(20), '\xff'),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

function pieces(octets: Uint8Array, at: readonly number[]): readonly Uint8Array[] {
  const places = [...new Set(at.map((place) => place % (octets.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => octets.subarray(from, places[index] ?? octets.length))
}

describe('any content', () => {
  it('is read as the words of the RFC say, wherever it is cut', () => {
    fc.assert(
      fc.property(wireText, fc.array(fc.nat(500), { maxLength: 6 }), (wire, at) => {
        const expected = reference(wire)
        const got = decode(pieces(toOctets(wire), at))
        expect({ ...got, octets: expected.octets === -1 ? -1 : got.octets }).toEqual(expected)
      }),
      { numRuns: 3_000 },
    )
  })

  it('is repaired into lines that all end in CRLF, ends where it did, and can be sent on', () => {
    fc.assert(
      fc.property(wireText, fc.array(fc.nat(500), { maxLength: 6 }), (wire, at) => {
        const { body, rest } = decode(pieces(toOctets(`${wire}\r\n.\r\nQUIT\r\n`), at), 'repair')
        expect(rest).toBe(reference(`${wire}\r\n.\r\nQUIT\r\n`).rest)
        expect(body.replace(/\r\n/g, '')).not.toMatch(/[\r\n]/)
        expect(() => new DataEncoder().encode(toOctets(body))).not.toThrow()
      }),
      { numRuns: 1_000 },
    )
  })

  it('is sent so that it arrives the same, wherever it and what is sent are cut', () => {
    const lines = fc.array(fc.constantFrom('', '.', '..', '.a', 'a.', 'text', '\0\t\x85\xff', '.'.repeat(9)), {
      maxLength: 20,
    })
    fc.assert(
      fc.property(lines, fc.boolean(), fc.array(fc.nat(300)), fc.array(fc.nat(300)), (lines, ended, at, again) => {
        const content = lines.join('\r\n') + (ended ? '\r\n' : '')
        const encoder = new DataEncoder()
        let wire = ''
        for (const piece of pieces(toOctets(content), at))
          for (const part of encoder.encode(piece)) wire += toText(part)
        expect(encoder.octets).toBe(content.length)
        wire += toText(encoder.end())
        const whole = content === '' || content.endsWith('\r\n') ? content : `${content}\r\n`
        expect(decode(pieces(toOctets(`${wire}QUIT\r\n`), again))).toEqual({
          body: whole,
          rest: 'QUIT\r\n',
          fault: undefined,
          octets: whole.length,
        })
        expect(`\r\n${wire}`.indexOf('\r\n.\r\n')).toBe(wire.length - 3)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('content that must not be sent', () => {
  const encode = (chunks: readonly string[]): unknown => {
    const encoder = new DataEncoder()
    try {
      for (const chunk of chunks) encoder.encode(toOctets(chunk))
      encoder.end()
      return undefined
    } catch (error) {
      return WireError.is(error, 'BARE_LINE_END') ? error.detail.at : error
    }
  }

  const check = (chunks: readonly Uint8Array[]): unknown => {
    const lines = new LineCheck()
    for (const chunk of chunks) {
      const found = lines.take(chunk)
      if (found !== undefined) return found.at
    }
    return lines.end()?.at
  }

  it('lines, with or without an end, are let through', () => {
    for (const content of ['', 'a', '\r\n', 'a\r\n.\r\n\r\nb'])
      for (const cut of cuts(toOctets(content))) expect(check(cut)).toBeUndefined()
  })

  it.each([
    ['\n', 0],
    ['\r', 0],
    ['a\nb', 1],
    ['a\r', 1],
    ['a\rb', 1],
    ['a\r\n\n', 3],
    ['a\r\r\n', 1],
    ['.\n', 1],
    ['\r\n.\r', 3],
    ['a\r\nb\r\n.\n.\r\n', 7],
  ])('%j at octet %d, wherever it is cut', (content, at) => {
    for (const cut of cuts(toOctets(content))) {
      expect(encode(cut.map(toText))).toBe(at)
      expect(check(cut)).toBe(at)
    }
  })

  it('many dots become one buffer, few stay views of the chunk', () => {
    const many = toOctets('.\r\n'.repeat(1_000))
    expect(new DataEncoder().encode(many).map((part) => part.length)).toEqual([4_000])
    const few = toOctets('a\r\n.b\r\n')
    const parts = new DataEncoder().encode(few)
    expect(parts.map(toText)).toEqual(['a\r\n.', '.b\r\n'])
    for (const part of parts) expect(part.buffer).toBe(few.buffer)
    const none = toOctets('a\r\n')
    expect(new DataEncoder().encode(none)).toEqual([none])
    expect(new DataEncoder().encode(new Uint8Array(0))).toEqual([])
  })
})
