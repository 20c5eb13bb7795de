import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createAddressMatcher, ReceptionError } from '../src/index.ts'

const vectors: {
  readonly matches: readonly { readonly ranges: string[]; readonly in: string[]; readonly out: string[] }[]
  readonly broken: readonly string[]
} = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/address-ranges.json'), 'utf8'))

describe('address ranges', () => {
  for (const one of vectors.matches)
    it(`[${one.ranges.join(', ')}]`, () => {
      const matches = createAddressMatcher(one.ranges)
      expect(one.in.filter((address) => !matches(address))).toEqual([])
      expect(one.out.filter(matches)).toEqual([])
    })

  for (const text of vectors.broken)
    it(`broken: "${text}"`, () => {
      try {
        createAddressMatcher(['127.0.0.1', text])
        expect.unreachable()
      } catch (error) {
        expect(ReceptionError.is(error, 'RECEPTION_MISUSE') && error.detail.value).toBe(text)
      }
    })
})
