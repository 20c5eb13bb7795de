import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createHeaderScanner,
  createReceivedCounter,
  type HeaderLimits,
  type HeaderPiece,
  type HeaderStep,
  headerLimits,
  ImfError,
  readHeader,
  unfold,
} from '../src/index.ts'
import { characters, octets, vectors } from './rig.ts'

interface HeaderVector {
  readonly name: string
  readonly content: string
  readonly pieces: readonly {
    readonly field?: string
    readonly text?: string
    readonly irregular?: string
    readonly raw: string
    readonly irregularities?: readonly string[]
  }[]
  readonly end: { readonly by: string; readonly at: number; readonly bodyStart: number }
}

/** Frames what comes in these chunks; each is written over once the scanner wants more, as its contract allows. */
function scan(chunks: readonly Uint8Array[], limits: HeaderLimits = headerLimits) {
  const scanner = createHeaderScanner(limits)
  const pieces: unknown[] = []
  const drain = (): HeaderStep => {
    for (;;) {
      const step = scanner.next()
      if (step.kind !== 'field' && step.kind !== 'irregular') return step
      pieces.push(plain(step))
    }
  }
  for (const [i, chunk] of chunks.entries()) {
    const own = chunk.slice()
    scanner.feed(own)
    const step = drain()
    if (step.kind === 'end') {
      const rest =
        characters(step.rest) +
        chunks
          .slice(i + 1)
          .map(characters)
          .join('')
      return { pieces, last: { ...step, rest } }
    }
    if (step.kind === 'fault') return { pieces, last: step }
    own.fill(0x2a)
  }
  scanner.finish()
  const step = drain()
  return { pieces, last: step.kind === 'end' ? { ...step, rest: characters(step.rest) } : step }
}

/** All a piece tells, as plain data. */
function plain(piece: HeaderPiece) {
  const raw = characters(piece.raw)
  if (piece.kind === 'irregular') return { ...piece, raw }
  const { kind, start, end, name, text, irregularities } = piece
  return { kind, start, end, raw, name, text, irregularities, body: characters(piece.body) }
}

const everyOctet = (content: Uint8Array): Uint8Array[] => [...content].map((octet) => Uint8Array.of(octet))

describe.each(vectors<HeaderVector>('headers'))('header: $name', ({ content, pieces, end }) => {
  const whole = octets(content)

  it('is framed as written', () => {
    const header = readHeader(whole)
    expect(
      header.pieces.map((piece) => {
        const raw = characters(piece.raw)
        if (piece.kind === 'irregular') return { irregular: piece.because, raw }
        const { name: field, text, irregularities } = piece
        return irregularities.length === 0 ? { field, text, raw } : { field, text, raw, irregularities }
      }),
    ).toEqual(pieces)
    expect(header.end).toMatchObject({ kind: 'end', ...end })
    expect(header.fields).toEqual(header.pieces.filter((piece) => piece.kind === 'field'))
  })

  it('is framed the same in two chunks cut anywhere, and octet by octet', () => {
    const expected = scan([whole])
    for (let cut = 0; cut <= whole.length; cut++)
      expect(scan([whole.subarray(0, cut), whole.subarray(cut)])).toEqual(expected)
    expect(scan(everyOctet(whole))).toEqual(expected)
  })
})

// Few octets, so that line ends, names and colons meet often.
const content = fc
  .array(fc.constantFrom('\r', '\n', '\r\n', ':', ' ', '\t', 'a', 'Received', 'received:', 'From ', '\0', '\u00fc'), {
    maxLength: 40,
  })
  .map((parts) => octets(parts.join('')))

function cut(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((one) => one % (whole.length + 1)))].sort((a, b) => a - b)
  return [...places, whole.length].map((place, i) => whole.subarray(places[i - 1] ?? 0, place))
}

describe('any octets', () => {
  it('belong to a piece, to the empty line, or to the body', () => {
    fc.assert(
      fc.property(content, (whole) => {
        const { pieces, end } = readHeader(whole)
        if (end.kind !== 'end') throw new Error(end.fault)
        const separator = characters(whole.subarray(end.at, end.bodyStart))
        expect(end.by === 'empty-line' ? ['\n', '\r\n'] : ['']).toContain(separator)
        expect(pieces.map((piece) => characters(piece.raw)).join('')).toBe(characters(whole.subarray(0, end.at)))
        expect(characters(end.rest)).toBe(characters(whole.subarray(end.bodyStart)))
        let at = 0
        for (const piece of pieces) {
          expect(piece.start).toBe(at)
          at = piece.end
        }
        expect(at).toBe(end.at)
      }),
    )
  })

  it('are framed the same however they are cut, within limits and beyond', () => {
    const limits = fc.record({
      octets: fc.integer({ min: 0, max: 60 }),
      fields: fc.integer({ min: 0, max: 8 }),
      lineOctets: fc.integer({ min: 0, max: 10 }),
    })
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 6 }), limits, (whole, cuts, bounds) => {
        expect(scan(cut(whole, cuts), bounds)).toEqual(scan([whole], bounds))
      }),
    )
  })

  it('have as many Received fields for the counter as for the scanner', () => {
    fc.assert(
      fc.property(content, fc.array(fc.nat(), { maxLength: 6 }), (whole, cuts) => {
        const header = readHeader(whole)
        const counter = createReceivedCounter()
        for (const chunk of cut(whole, cuts)) counter.push(chunk)
        expect(counter.count).toBe(header.all('Received').length)
        expect(counter.done).toBe(header.end.kind === 'end' && header.end.by === 'empty-line')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the counter', () => {
  it.each([
    ['Received: a\r\nRECEIVED:b\r\nreceived \t: c\r\n\r\nReceived: body\r\n', 3],
    ['Received\t: a\n\nReceived: body\n', 1],
    ['X-Received: a\r\nReceivedx: b\r\nReceive: c\r\nReceived x: d\r\nReceived\r\n', 0],
    ['Subject: a\r\n Received: b\r\n\tReceived: c\r\n', 0],
    ['\rReceived: a\r\n\r\r\nReceived: b\r\n', 1],
    ['\r\nReceived: a\r\n', 0],
  ])('of %j says %i', (text, count) => {
    const counter = createReceivedCounter()
    counter.push(octets(text))
    expect(counter.count).toBe(count)
    expect(readHeader(octets(text)).all('Received')).toHaveLength(count)
  })
})

describe('limits', () => {
  const faultOf = (text: string, limits: Partial<HeaderLimits>) => {
    const { fields, end } = readHeader(octets(text), { ...headerLimits, ...limits })
    return { fields: fields.length, end }
  }

  it('end a header that is too long, without the field that met the limit', () => {
    expect(faultOf('A: 1\r\nB: 2\r\n\r\n', { octets: 14 })).toMatchObject({ fields: 2, end: { kind: 'end' } })
    for (const most of [12, 13])
      expect(faultOf('A: 1\r\nB: 2\r\n\r\n', { octets: most })).toEqual({
        fields: 2,
        end: { kind: 'fault', fault: 'header-too-long', at: 12 },
      })
    expect(faultOf('A: 1\r\nB: 2\r\n\r\n', { octets: 11 })).toEqual({
      fields: 1,
      end: { kind: 'fault', fault: 'header-too-long', at: 6 },
    })
  })

  it('end a header of too many pieces', () => {
    const text = `${'A: 1\r\n'.repeat(1000)}x\r\n\r\n`
    expect(faultOf(text, {})).toEqual({ fields: 1000, end: { kind: 'fault', fault: 'too-many-fields', at: 6000 } })
    expect(faultOf(text, { fields: 1001 })).toMatchObject({ fields: 1000, end: { kind: 'end' } })
  })

  it('let long lines pass and name them', () => {
    const line = `A: ${'x'.repeat(995)}`
    const [fits, long] = readHeader(octets(`${line}\r\n${line}x\r\n\r\n`)).fields
    expect(fits?.irregularities).toEqual([])
    expect(long?.irregularities).toEqual(['long-line'])
  })

  it('bound what a scanner keeps of a field without end', () => {
    const scanner = createHeaderScanner({ ...headerLimits, octets: 100 })
    const chunk = octets('x'.repeat(60))
    scanner.feed(chunk)
    expect(scanner.next().kind).toBe('need-more')
    scanner.feed(chunk)
    expect(scanner.next()).toEqual({ kind: 'fault', fault: 'header-too-long', at: 0 })
    expect(scanner.next()).toEqual({ kind: 'fault', fault: 'header-too-long', at: 0 })
  })
})

describe('a scanner', () => {
  it('hands out views of the chunk a field came in', () => {
    const whole = octets('A: 1\r\nB: 2\r\n\r\nbody')
    const { fields, end } = readHeader(whole)
    for (const field of fields) expect(field.raw.buffer).toBe(whole.buffer)
    expect(end.kind === 'end' && end.rest.buffer).toBe(whole.buffer)
  })

  it('refuses to be fed out of turn', () => {
    const misuse = (work: () => void) =>
      expect(work).toThrowError(expect.objectContaining({ name: 'ImfError', code: 'SCANNER_MISUSE' }))
    const early = createHeaderScanner()
    early.feed(octets('A: 1\r\nB: 2\r\n'))
    misuse(() => early.feed(octets('C: 3\r\n')))
    const late = createHeaderScanner()
    late.finish()
    misuse(() => late.feed(octets('A: 1\r\n')))
    const over = createHeaderScanner()
    over.feed(octets('\r\n'))
    expect(over.next().kind).toBe('end')
    misuse(() => over.feed(octets('x')))
  })
})

describe('fields', () => {
  it('are found by name whatever the case of A-Z, and no other case', () => {
    const header = readHeader(octets('X-K: 1\r\nx-k: 2\r\nX-\u212a: 3\r\nX-KK: 4\r\n\r\n'))
    expect(header.all('x-K').map((field) => field.text)).toEqual(['1', '2'])
    expect(header.first('X-\u212a')).toBeUndefined()
    expect(header.first('X')).toBeUndefined()
  })
})

describe('unfold', () => {
  it.each([
    ['a', 'a'],
    ['a\r\n b', 'a b'],
    ['a\n\tb', 'a\tb'],
    ['a\r\n \r\n b', 'a  b'],
    ['a\r\nb', 'a\r\nb'],
    ['a\r b\r\n', 'a\r b\r\n'],
    ['\r\n a', ' a'],
    ['\n\n a', '\n a'],
  ])('%j is %j', (folded, plain) => {
    expect(characters(unfold(octets(folded)))).toBe(plain)
  })

  it('takes out exactly the line ends that white space follows', () => {
    fc.assert(
      fc.property(content, (body) => {
        expect(characters(unfold(body))).toBe(characters(body).replace(/\r?\n(?=[ \t])/g, ''))
      }),
    )
  })
})

describe('ImfError', () => {
  it('is told by name and code', () => {
    const error = new ImfError('BAD_FIELD_NAME', 'not a field name', { name: 'x' })
    expect(ImfError.is(error, 'BAD_FIELD_NAME')).toBe(true)
    expect(ImfError.is(error, 'BAD_DATE')).toBe(false)
    expect(ImfError.is(new Error('x'), 'BAD_DATE')).toBe(false)
  })
})
