import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as wire from '../src/index.ts'
import { toOctets } from './codec-shared.ts'
import { decoders, odd } from './decoders.ts'

it('every decoder that is exported is fuzzed', () => {
  const exported = Object.keys(wire).filter((name) =>
    /^(?:parse|read|decode|explain|skip)|(?:Decoder|Session)$/.test(name),
  )
  expect(Object.keys(decoders).sort()).toEqual(exported.sort())
})

type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'insert'; readonly at: number; readonly odd: number }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'end'; readonly at: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number }

const at = fc.nat(5_000)
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: kind('flip'), at, bit: fc.nat(7) }),
  fc.record({ kind: kind('insert'), at, odd: fc.nat(odd.length - 1) }),
  fc.record({ kind: kind('cut'), at, length: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: kind('end'), at }),
  fc.record({
    kind: kind('repeat'),
    at,
    length: fc.integer({ min: 1, max: 40 }),
    times: fc.integer({ min: 1, max: 60 }),
  }),
  fc.record({ kind: kind('splice'), at, from: at }),
)

function mutate(octets: Uint8Array, other: Uint8Array, one: Mutation): Uint8Array {
  const at = octets.length === 0 ? 0 : one.at % octets.length
  const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
  switch (one.kind) {
    case 'flip': {
      const copy = new Uint8Array(octets)
      if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << one.bit)
      return copy
    }
    case 'insert':
      return join(octets.subarray(0, at), odd[one.odd] ?? new Uint8Array(), octets.subarray(at))
    case 'cut':
      return join(octets.subarray(0, at), octets.subarray(at + one.length))
    case 'end':
      return octets.subarray(0, at)
    case 'repeat': {
      const part = octets.subarray(at, at + one.length)
      return join(octets.subarray(0, at), ...Array.from({ length: one.times }, () => part), octets.subarray(at))
    }
    case 'splice':
      return join(octets.subarray(0, at), other.subarray(other.length === 0 ? 0 : one.from % other.length))
  }
}

describe.each(Object.entries(decoders))('%s', (_, { seeds, run }) => {
  it('takes its seeds', () => {
    expect(seeds.length).toBeGreaterThan(0)
    for (const seed of seeds) run(toOctets(seed))
  })

  it('does not throw, and keeps to its bounds, whatever becomes of its input on the way', () => {
    const pick = fc.nat(seeds.length - 1)
    fc.assert(
      fc.property(pick, pick, fc.array(mutation, { minLength: 1, maxLength: 4 }), (first, second, mutations) => {
        const other = toOctets(seeds[second] ?? '')
        run(mutations.reduce((octets, one) => mutate(octets, other, one), toOctets(seeds[first] ?? '')))
      }),
      { numRuns: Math.max(1_000, Number(process.env.ANGARIUM_SEQUENCES ?? 0) / 20) },
    )
  }, 600_000)
})
