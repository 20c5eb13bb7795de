import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prepareQuery, prepareStored } from '../src/index.ts'
import { sharedVectors, vectors } from './rig.ts'

interface Vector {
  readonly name: string
  readonly text: string
  readonly query: string | null
  readonly stored: string | null
}

describe.each(vectors<readonly Vector[]>('saslprep'))('$name', ({ text, query, stored }) => {
  it('as a query', () => expect(prepareQuery(text) ?? null).toBe(query))
  it('stored', () => expect(prepareStored(text) ?? null).toBe(stored))
})

interface SharedCase {
  readonly comment?: string
  readonly label?: string
  readonly profile?: string
  readonly in: string
  readonly expect: string | null
  readonly error: unknown
}

const folder = sharedVectors('saslprep')
const cases = (name: string): readonly SharedCase[] =>
  folder === undefined ? [] : (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { cases: SharedCase[] }).cases

/** Nameprep shares what it prohibits with SASLprep, but for the spaces, which the latter maps. */
const libidn = cases('libidn-stringprep.json').filter(
  ({ profile, error, comment }) =>
    profile === 'SASLprep' || (profile === 'Nameprep' && error !== null && comment?.includes('space') === false),
)
const known = [...cases('xdg-saslprep.json'), ...libidn]

it.skipIf(folder === undefined)('third-party cases (skipped where ../shared/vectors/saslprep is absent)', () => {
  expect(known.length).toBeGreaterThan(10)
})
it.each(known)('third party: $label$comment', ({ in: text, expect: expected }) => {
  expect(prepareStored(text) ?? null).toBe(expected)
})

describe('properties', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 40 })

  it('what is prepared stays as it is', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const once = prepareQuery(text)
        if (once !== undefined) expect(prepareQuery(once)).toBe(once)
      }),
      { numRuns: 2000 },
    )
  })

  it('stored is stricter than query, and agrees where it allows', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const stored = prepareStored(text)
        if (stored !== undefined) expect(prepareQuery(text)).toBe(stored)
      }),
      { numRuns: 2000 },
    )
  })
})
