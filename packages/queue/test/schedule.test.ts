import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RetryPolicy } from '../src/index.ts'
import { createSchedule, defaultRetryPolicy } from '../src/index.ts'
import { createSeededRandom } from '../src/testing.ts'

const day = 86_400_000
const destination = 'a.example'
const schedule = (policy = {}) => createSchedule({ random: createSeededRandom(1), policy })

describe('retry schedule', () => {
  it('backs off from five minutes to over an hour, and stays there', () => {
    const { nextAttempt } = schedule({ jitter: 0 })
    const waits = [1, 2, 3, 4, 5, 6, 20].map((attempts) =>
      nextAttempt({ destination, attempts, acceptedAt: 0, now: 0 }),
    )
    expect(waits.map((wait) => wait.kind === 'retry' && wait.delay / 1000)).toEqual([
      300, 600, 1200, 2400, 4000, 4000, 4000,
    ])
  })

  it('varies each wait by no more than the jitter, and does vary it', () => {
    const { nextAttempt } = schedule()
    const seen = new Set<number>()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (attempts) => {
        const wait = nextAttempt({ destination, attempts, acceptedAt: 0, now: 0 })
        if (wait.kind !== 'retry') throw new Error('given up at once')
        const plain = Math.min(defaultRetryPolicy.maxMs, defaultRetryPolicy.firstMs * 2 ** (attempts - 1))
        expect(wait.delay).toBeGreaterThanOrEqual(plain * 0.8 - 1)
        expect(wait.delay).toBeLessThanOrEqual(plain * 1.2 + 1)
        seen.add(wait.delay / plain)
      }),
    )
    expect(seen.size).toBeGreaterThan(5)
  })

  it('puts the last attempt on the end of the lifetime, then gives up', () => {
    const { nextAttempt } = schedule()
    const nearEnd = nextAttempt({ destination, attempts: 30, acceptedAt: 0, now: 5 * day - 60_000 })
    expect(nearEnd).toEqual({ kind: 'retry', delay: 60_000 })
    expect(nextAttempt({ destination, attempts: 31, acceptedAt: 0, now: 5 * day })).toEqual({ kind: 'expired' })
  })

  it('lifetime wins over count', () => {
    const { nextAttempt } = schedule()
    expect(nextAttempt({ destination, attempts: 1_000, acceptedAt: 0, now: 5 * day - 1 }).kind).toBe('retry')
    expect(nextAttempt({ destination, attempts: 1, acceptedAt: 0, now: 5 * day }).kind).toBe('expired')
  })

  it('asks the policy of the destination, and the general one for what that leaves out', () => {
    const policyOf = (of: string): Partial<RetryPolicy> | undefined =>
      of === 'slow.example' ? { firstMs: 600_000, warnAfterMs: day } : undefined
    const { policyFor, nextAttempt, warningDue } = createSchedule({
      random: createSeededRandom(1),
      policy: { jitter: 0, maxMs: 900_000 },
      policyOf,
    })
    const delays = (of: string): readonly unknown[] =>
      [1, 2].map((attempts) => nextAttempt({ destination: of, attempts, acceptedAt: 0, now: 0 }))
    expect(delays('slow.example')).toMatchObject([{ delay: 600_000 }, { delay: 900_000 }])
    expect(delays('a.example')).toMatchObject([{ delay: 300_000 }, { delay: 600_000 }])
    const old = { acceptedAt: 0, now: day - 1, warned: false }
    expect(warningDue({ destination: 'slow.example', ...old })).toBe(false)
    expect(warningDue({ destination: 'a.example', ...old })).toBe(true)
    expect(policyFor('slow.example')).toMatchObject({ firstMs: 600_000, maxMs: 900_000, jitter: 0 })
  })

  it('refuses an unsound policy of a destination when asked about it', () => {
    const { policyFor } = createSchedule({ random: createSeededRandom(1), policyOf: () => ({ factor: 0 }) })
    expect(() => policyFor('a.example')).toThrow(RangeError)
  })

  it('takes a message from the future for a new one', () => {
    const { nextAttempt, warningDue } = schedule({ jitter: 0 })
    expect(nextAttempt({ destination, attempts: 1, acceptedAt: 10 * day, now: 0 })).toEqual({
      kind: 'retry',
      delay: 300_000,
    })
    expect(warningDue({ destination, acceptedAt: 10 * day, now: 0, warned: false })).toBe(false)
  })

  it('warns once, after four hours', () => {
    const { warningDue } = schedule()
    expect(warningDue({ destination, acceptedAt: 0, now: 14_399_999, warned: false })).toBe(false)
    expect(warningDue({ destination, acceptedAt: 0, now: 14_400_000, warned: false })).toBe(true)
    expect(warningDue({ destination, acceptedAt: 0, now: 14_400_000, warned: true })).toBe(false)
  })

  it('counts the age of a future release from its release', () => {
    const { nextAttempt, warningDue } = schedule({ jitter: 0 })
    const long = { destination, acceptedAt: 0, notBefore: 30 * day }
    expect(nextAttempt({ ...long, attempts: 9, now: 35 * day - 1_000 })).toEqual({ kind: 'retry', delay: 1_000 })
    expect(nextAttempt({ ...long, attempts: 9, now: 35 * day })).toEqual({ kind: 'expired' })
    expect(warningDue({ ...long, now: 30 * day + 14_399_999, warned: false })).toBe(false)
    expect(warningDue({ ...long, now: 30 * day + 14_400_000, warned: false })).toBe(true)
    expect(nextAttempt({ destination, acceptedAt: 0, notBefore: undefined, attempts: 9, now: 5 * day }).kind).toBe(
      'expired',
    )
  })

  it('refuses a policy that could spin or never end', () => {
    for (const policy of [{ firstMs: 0 }, { factor: 0.5 }, { jitter: 2 }, { maxMs: 1 }, { lifetimeMs: 1 }])
      expect(() => schedule(policy)).toThrow(RangeError)
  })
})
