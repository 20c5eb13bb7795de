import { parseConfig, problemLine } from '@angarium/host'
import { describe, expect, it } from 'vitest'
import { stationSettings } from '../src/configuration.ts'
import { paceOf } from '../src/pace.ts'

function pace(text: string) {
  const head = 'hostname: mx.here.test\nlisteners: [{ address: 127.0.0.1, port: 2525 }]\n'
  const result = parseConfig(stationSettings, head + text, 'x.yaml')
  if (result.kind === 'wrong') throw new Error(result.problems.map(problemLine).join('\n'))
  return paceOf(result.value)
}

describe('how fast mail goes out', () => {
  it('is for all destinations alike where nothing else is said', () => {
    const { limits, policy, policyOf, concurrencyOf, rates } = pace('delivery: { perDestination: 7 }')
    expect(limits).toEqual({ concurrency: 200, perDestination: 7, perNextHop: 7 })
    expect(policy).toEqual({
      firstMs: 300_000,
      maxMs: 4_000_000,
      factor: 2,
      lifetimeMs: 432_000_000,
      warnAfterMs: 14_400_000,
    })
    expect([policyOf('a.test'), concurrencyOf('destination', 'a.test'), rates]).toEqual([undefined, undefined, []])
  })

  it('is told by the nearest entry, and by that alone', () => {
    const { policyOf, concurrencyOf } = pace(`delivery:
  destinations:
    a.test: { concurrency: 1 }
    '*.a.test': { concurrency: 2, retry: { first: 1m } }
    '*.b.a.test': { retry: { lifetime: 1d, factor: 3, max: 2h, warnAfter: 1h } }
`)
    const own = (destination: string) => concurrencyOf('destination', destination)
    expect(
      ['a.test', 'x.a.test', 'y.x.a.test', 'b.a.test', 'x.b.a.test', 'xa.test', 'test', '[192.0.2.1]'].map(own),
    ).toEqual([1, 2, 2, 2, undefined, undefined, undefined, undefined])
    expect(own('local:a.test')).toBe(1)
    expect(concurrencyOf('next-hop', 'a.test')).toBeUndefined()
    expect([policyOf('a.test'), policyOf('x.a.test')]).toEqual([{}, { firstMs: 60_000 }])
    expect(policyOf('x.b.a.test')).toEqual({
      lifetimeMs: 86_400_000,
      factor: 3,
      maxMs: 7_200_000,
      warnAfterMs: 3_600_000,
    })
  })

  it('is limited in spans of time', () => {
    const { rates } = pace(`delivery:
  rates:
    - { by: all, limit: 9, per: second }
    - { by: sender, of: ada, count: recipients, limit: 8, per: minute }
    - { by: next-hop, limit: 7, per: hour }
`)
    expect(rates).toEqual([
      { by: 'all', count: 'messages', limit: 9, perMs: 1_000 },
      { by: 'sender', of: 'ada', count: 'recipients', limit: 8, perMs: 60_000 },
      { by: 'next-hop', count: 'messages', limit: 7, perMs: 3_600_000 },
    ])
  })
})
