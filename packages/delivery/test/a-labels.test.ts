import { domainToASCII } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aLabels } from '../src/route/a-labels.ts'
import vectors from '../vectors/a-labels.json' with { type: 'json' }

describe('A-labels', () => {
  it.each(vectors)('$name', ({ domain, aLabels: expected }) => {
    expect(aLabels(domain)).toBe(expected ?? undefined)
  })

  it('are those that Node makes', () => {
    const letter = fc.constantFrom(
      ...'abcxyz019\u00e4\u00f6\u00fc\u00e9\u00f1\u4e2d\u6587\u043f\u0440\u0438\u05d0\u0e01\u{20bb7}',
    )
    const label = fc.string({ unit: letter, minLength: 1, maxLength: 20 }).filter((text) => !/^[0-9]/.test(text))
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const domain = `${labels.join('.')}.example`
        const expected = domainToASCII(domain)
        // It refuses some that mix directions of writing.
        if (expected !== '') expect(aLabels(domain)).toBe(expected)
      }),
    )
  })
})
