import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDate, parseDate } from '../src/index.ts'
import { vectors } from './rig.ts'

interface DateVector {
  readonly text: string
  readonly iso?: string
  readonly offset?: number | null
  readonly leniency?: readonly string[]
  readonly fault?: string
}

describe.each(vectors<DateVector>('dates'))('date-time $text', ({ text, iso, offset, leniency, fault }) => {
  it(fault === undefined ? 'is a moment' : `is refused: ${fault}`, () => {
    if (iso === undefined) expect(parseDate(text)).toMatchObject({ kind: 'fault', fault })
    else
      expect(parseDate(text)).toEqual({
        kind: 'value',
        value: { instant: Date.parse(iso), offset: offset ?? undefined },
        leniency: leniency ?? [],
      })
  })
})

describe('formatDate', () => {
  const moment = Date.parse('2026-11-23T09:30:05.999Z')

  it('writes the local time of an offset', () => {
    expect(formatDate(moment)).toBe('Mon, 23 Nov 2026 09:30:05 +0000')
    expect(formatDate(moment, 870)).toBe('Tue, 24 Nov 2026 00:00:05 +1430')
    expect(formatDate(moment, -90)).toBe('Mon, 23 Nov 2026 08:00:05 -0130')
    expect(formatDate(-1)).toBe('Wed, 31 Dec 1969 23:59:59 +0000')
  })

  it('refuses what no date-time says', () => {
    for (const [instant, offset] of [
      [Number.NaN, 0],
      [Number.POSITIVE_INFINITY, 0],
      [Date.parse('1899-12-31T23:59:59Z'), 0],
      [Date.parse('9999-12-31T23:59:59Z'), 1],
      [moment, 0.5],
      [moment, 6000],
      [moment, Number.NaN],
    ] as const)
      expect(() => formatDate(instant, offset)).toThrowError(expect.objectContaining({ code: 'BAD_DATE' }))
  })

  it('is the inverse of parseDate', () => {
    const second = fc.integer({ min: Date.UTC(1901, 0) / 1000, max: Date.UTC(9998, 0) / 1000 })
    fc.assert(
      fc.property(second, fc.integer({ min: -5999, max: 5999 }), (at, offset) => {
        const value = { instant: at * 1000, offset }
        expect(parseDate(formatDate(value.instant, offset))).toEqual({ kind: 'value', value, leniency: [] })
      }),
    )
  })
})
