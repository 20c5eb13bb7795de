import { encodeUtf8, type MailParameters, type ParameterCodec, type RcptParameters } from '@angarium/smtp-wire'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type BodyValue, type deliverBy, type dsn, type eightBitMime, type NotifyValue, size } from '../src/index.ts'
import { byName } from './extensions.ts'
import { vectorsOf } from './vectors.ts'

for (const [name, [extension]] of Object.entries(byName)) {
  const { parameters = {} } = vectorsOf(name)
  const codecs: Readonly<Record<string, ParameterCodec<unknown>>> = { ...extension.mail, ...extension.rcpt }
  for (const [keyword, cases] of Object.entries(parameters))
    describe(`${keyword}=`, () => {
      const codec = codecs[keyword] as ParameterCodec<unknown>
      const octets = (text: string | undefined): number =>
        encodeUtf8(` ${keyword}${text === undefined ? '' : `=${text}`}`).length

      it.each(cases)('$text $name', ({ text, value, again }) => {
        const read = codec.parse(text ?? undefined)
        expect(read).toEqual(value)
        if (read === undefined) return
        const written = codec.format(read)
        expect(written).toBe(again ?? text ?? undefined)
        expect(codec.parse(written)).toEqual(value)
        expect(octets(written)).toBeLessThanOrEqual(codec.maxOctets)
      })

      it('never throws, and what it takes it writes as something it takes, within its length', () => {
        const seeds = cases.flatMap(({ text }) => (text === null ? [] : [text]))
        const texts = fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.tuple(fc.constantFrom(...seeds), fc.nat(), fc.string({ maxLength: 2 })).map(([seed, at, put]) => {
            const place = at % (seed.length + 1)
            return seed.slice(0, place) + put + seed.slice(place + 1)
          }),
        )
        fc.assert(
          fc.property(texts, (text) => {
            const read = codec.parse(text)
            if (read === undefined) return
            const written = codec.format(read)
            expect(codec.parse(written)).toEqual(read)
            expect(octets(written)).toBeLessThanOrEqual(codec.maxOctets)
          }),
          { numRuns: 300 },
        )
      })
    })

  it(`there are vectors of every parameter of ${name}`, () => {
    if (name !== '8bitmime-just-send') expect(Object.keys(parameters).sort()).toEqual(Object.keys(codecs).sort())
  })
}

it('SIZE is exact for every size there is', () => {
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), (octets) => size.mail.SIZE.parse(String(octets)) === octets))
})

it('a session knows the types of the extensions it lists', () => {
  type List = [typeof size, typeof eightBitMime, typeof dsn, ReturnType<typeof deliverBy>]
  expectTypeOf<MailParameters<List>['SIZE']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<MailParameters<List>['BODY']>().toEqualTypeOf<BodyValue | undefined>()
  expectTypeOf<RcptParameters<List>['NOTIFY']>().toEqualTypeOf<NotifyValue | undefined>()
  // @ts-expect-error no extension here has this parameter
  expectTypeOf<MailParameters<List>['SMTPUTF8']>().toEqualTypeOf<unknown>()
})
