import type { MailParameters, ParameterCodec } from '@angarium/smtp-wire'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type BodyValue, eightBitMime, type pipelining, size } from '../src/index.ts'
import vectors from '../vectors/parameters.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly text: string | null
  readonly value?: unknown
  readonly again?: string
}

const codecs = { SIZE: size.mail.SIZE, BODY: eightBitMime.mail.BODY }

for (const keyword of ['SIZE', 'BODY'] as const)
  describe(`${keyword}=`, () => {
    const codec = codecs[keyword] as ParameterCodec<unknown>
    it.each(vectors[keyword] as readonly Vector[])('$name: $text', ({ text, value, again }) => {
      const read = codec.parse(text ?? undefined)
      expect(read).toBe(value)
      if (read === undefined) return
      const written = codec.format(read)
      expect(written).toBe(again ?? text)
      expect(codec.parse(written)).toBe(value)
      expect(` ${keyword}=${written}`.length).toBeLessThanOrEqual(codec.maxOctets)
    })

    it('never throws, and what it takes it writes as something it takes', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (text) => {
          const read = codec.parse(text)
          if (read !== undefined) expect(codec.parse(codec.format(read))).toBe(read)
        }),
      )
    })
  })

it('SIZE is exact for every size there is', () => {
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), (octets) => size.mail.SIZE.parse(String(octets)) === octets))
})

it('a session knows the types of the extensions it lists', () => {
  type Parameters = MailParameters<[typeof size, typeof eightBitMime, typeof pipelining]>
  expectTypeOf<Parameters['SIZE']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Parameters['BODY']>().toEqualTypeOf<BodyValue | undefined>()
  // @ts-expect-error no extension here has this parameter
  expectTypeOf<Parameters['SMTPUTF8']>().toEqualTypeOf<unknown>()
})
