import { describe, expect, it } from 'vitest'
import { deliverBy, overdue } from '../src/index.ts'
import { moment, vectors } from './rig.ts'

interface Row {
  value: string
  seconds?: number
  mode?: 'return' | 'notify'
  trace?: boolean
}

describe('BY', () => {
  it.each(vectors<Row>('by'))('$value', ({ value, seconds, mode, trace }) => {
    const parameters = [['BY', value]] as const
    if (seconds === undefined) {
      expect(deliverBy(parameters, moment)).toBeUndefined()
      expect(overdue(parameters, moment, moment + 1e15)).toBeUndefined()
      return
    }
    const at = moment + seconds * 1000
    expect(deliverBy(parameters, moment)).toEqual({ at, mode, trace })
    expect(overdue(parameters, moment, at - 1)).toBeUndefined()
    expect(overdue(parameters, moment, at)).toEqual(
      mode === 'return' ? { action: 'failed', status: '5.4.7' } : { action: 'delayed', status: '4.4.7' },
    )
  })

  it('is one parameter among others', () => {
    expect(deliverBy([], moment)).toBeUndefined()
    expect(deliverBy([['BY', undefined]], moment)).toBeUndefined()
    expect(
      deliverBy(
        [
          ['RET', 'FULL'],
          ['BY', '1;N'],
        ],
        moment,
      )?.at,
    ).toBe(moment + 1000)
  })
})
