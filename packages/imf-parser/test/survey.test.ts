import { describe, expect, it } from 'vitest'
import { type ContentTraits, createContentSurvey, structureLimits } from '../src/transfer.ts'
import { octets, vectors } from './rig.ts'

type Flag = 'eightBitHeader' | 'eightBitPartHeader' | 'eightBitBody' | 'bareGlobal' | 'nul' | 'bareCr' | 'bareLf'

interface Vector {
  readonly name: string
  readonly content: string
  readonly bodyStart: number | null
  readonly longestLine: number
  readonly domain: string
  readonly flags: readonly Flag[]
  readonly fault?: string
}

const cases = vectors<Vector>('surveys')

function survey(...chunks: string[]): ContentTraits {
  const begun = createContentSurvey()
  for (const chunk of chunks) {
    const own = octets(chunk)
    begun.push(own)
    own.fill(0xff)
  }
  return begun.finish()
}

const expected = ({ content, bodyStart, longestLine, domain, flags, fault }: Vector) => ({
  octets: content.length,
  bodyStart: bodyStart ?? undefined,
  longestLine,
  domain,
  eightBitHeader: flags.includes('eightBitHeader'),
  eightBitPartHeader: flags.includes('eightBitPartHeader'),
  eightBitBody: flags.includes('eightBitBody'),
  bareGlobal: flags.includes('bareGlobal'),
  nul: flags.includes('nul'),
  bareCr: flags.includes('bareCr'),
  bareLf: flags.includes('bareLf'),
  fault,
})

describe('survey', () => {
  it.each(cases)('$name', (vector) => {
    expect(survey(vector.content)).toEqual(expected(vector))
  })

  it('finds the same wherever chunks are cut', () => {
    for (const vector of cases) {
      expect(survey(...vector.content), vector.name).toEqual(expected(vector))
      for (let at = 0; at <= Math.min(vector.content.length, 200); at++)
        expect(survey(vector.content.slice(0, at), vector.content.slice(at)), `${vector.name} at ${at}`).toEqual(
          expected(vector),
        )
    }
  })

  it('looks no further than its limits', () => {
    const begun = createContentSurvey({ ...structureLimits, parts: 1 })
    begun.push(octets('Content-Type: message/rfc822\r\n\r\nA: \u00e9\r\n\r\n'))
    expect(begun.finish()).toMatchObject({ eightBitPartHeader: false, eightBitBody: true, fault: 'too-many-parts' })
  })
})
