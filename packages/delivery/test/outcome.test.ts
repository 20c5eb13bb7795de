import type { LeasedRecipient } from '@angarium/queue'
import { createSchedule } from '@angarium/queue'
import { createSeededRandom } from '@angarium/queue/testing'
import type { RecipientResult } from '@angarium/smtp-wire'
import { describe, expect, it } from 'vitest'
import { readResult } from '../src/outcome/classify.ts'
import { deferred, failed } from '../src/outcome/outcome.ts'
import { record } from '../src/outcome/record.ts'
import { plain } from '../src/outcome/result.ts'
import { settleResult } from '../src/outcome/settle.ts'
import vectors from '../vectors/results.json' with { type: 'json' }

interface Vector {
  readonly name: string
  readonly result: RecipientResult
  readonly protocol?: 'lmtp'
  readonly accepted?: number
  readonly reading: 'settled' | 'open'
  readonly outcome: object
}

describe.each(vectors as unknown as readonly Vector[])('result: $name', (vector) => {
  it('is read as written', () => {
    const { result, protocol = 'smtp', accepted = 0 } = vector
    const reading = readResult(result, { host: 'mx.example', protocol, accepted })
    expect(reading.kind).toBe(vector.reading)
    expect(reading.kind === 'open' ? reading.trouble : reading.outcome).toMatchObject(vector.outcome)
  })
})

describe('settlements', () => {
  const schedule = createSchedule({ random: createSeededRandom(), policy: { jitter: 0 } })
  const recipient: LeasedRecipient = { index: 3, address: 'a@b.example', parameters: [], attempts: 5, warned: false }
  const day = 86_400_000
  const settle = (outcome: Parameters<typeof settleResult>[1]['outcome'], age: number) =>
    settleResult(
      { destination: 'b.example', acceptedAt: 0, parameters: [] },
      { recipient, outcome, circumstances: plain },
      schedule,
      age,
    ).settlement

  it('defer by the schedule until the lifetime is over', () => {
    const busy = deferred('4.4.1', 'no connection')
    expect(settle(busy, day)).toEqual({ index: 3, kind: 'deferred', delay: 4_000_000, because: 'no connection' })
    expect(settle(busy, 5 * day)).toEqual({
      index: 3,
      kind: 'expired',
      status: '4.4.7',
      because: 'given up: no connection',
    })
  })

  it('fail at once what failed, whatever its age', () => {
    expect(settle(failed('5.1.1', 'no'), 0)).toEqual({ index: 3, kind: 'failed', status: '5.1.1', because: 'no' })
  })

  it('hold no more of a reply than is worth keeping', () => {
    const text = Array.from({ length: 100 }, () => 'x'.repeat(2_000))
    const kept = record({ code: 550, text }, 'mx.example')
    expect(kept.text).toHaveLength(16)
    expect(kept.text.every((line) => line.length === 515)).toBe(true)
  })
})
