import { describe, expect, it } from 'vitest'
import type { Work, WorkRecipient } from '../src/lifecycle.ts'
import { rebaseWork, workOf } from '../src/lifecycle.ts'

const year = 365 * 86_400_000
const then = 1_790_000_000_000
const now = then - year

function work(recipient: Partial<WorkRecipient>, rest: Partial<Work> = {}): Work {
  const envelope = { reversePath: '', parameters: [], recipients: [{ address: 'r', parameters: [], destination: 'a' }] }
  const [fresh] = workOf(envelope, {}, then)
  if (fresh === undefined) throw new Error('no work')
  return { ...fresh, ...rest, recipients: fresh.recipients.map((one) => ({ ...one, ...recipient })) }
}

describe('work after the clock was set back', () => {
  it('waits as long as it was to wait', () => {
    const deferred = work({ state: 'deferred', attempts: 1, lastAttempt: then, nextAttempt: then + 300_000 })
    const [recipient] = rebaseWork(deferred, now - 1, now).recipients
    expect(recipient).toMatchObject({ lastAttempt: now, nextAttempt: now + 300_000, state: 'deferred', attempts: 1 })
  })

  it('is due when it was never attempted', () => {
    expect(rebaseWork(work({}), then, now).recipients[0]?.nextAttempt).toBe(now)
    expect(rebaseWork(work({ nextAttempt: then + 5_000 }), then, now).recipients[0]?.nextAttempt).toBe(now)
  })

  it('keeps the time of its future release', () => {
    const later = work({ notBefore: then + 1, nextAttempt: then + 1 })
    expect(rebaseWork(later, then, now)).toBe(later)
  })

  it('is leased for as long as it was to be', () => {
    const leased = work(
      { state: 'leased', attempts: 1 },
      { lease: { holder: 'one', since: then, until: then + 60_000 } },
    )
    expect(rebaseWork(leased, then, now).lease).toEqual({ holder: 'one', since: now, until: now + 60_000 })
  })

  it('is as it was when nothing of it lies in the future, also the second time', () => {
    const old = work({ state: 'deferred', attempts: 1, lastAttempt: now - 5, nextAttempt: now + year })
    expect(rebaseWork(old, now - 9, now)).toBe(old)
    for (const one of [work({}), work({ state: 'deferred', lastAttempt: then, nextAttempt: then + 9 })]) {
      const rebased = rebaseWork(one, then, now)
      expect(rebaseWork(rebased, then, now)).toBe(rebased)
    }
    const held = work({ state: 'held' })
    expect(rebaseWork(held, then, now)).toBe(held)
  })
})
