import { describe, expect, it } from 'vitest'
import { createMemoryStore, createScheduler, createSteadyClock } from '../src/index.ts'
import { createManualClock, createSeededRandom, settled } from '../src/testing.ts'
import { all, envelope } from './rig.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

function steady(): {
  readonly wall: ReturnType<typeof createManualClock>
  readonly clock: ReturnType<typeof createSteadyClock>
  readonly jumps: number[]
} {
  const wall = createManualClock()
  const jumps: number[] = []
  const warn = (event: string, { byMs }: Readonly<Record<string, unknown>>): void => {
    if (event === 'clock-jumped') jumps.push(byMs as number)
  }
  return { wall, clock: createSteadyClock({ clock: wall, log: { info: warn, warn } }), jumps }
}

describe('steady clock', () => {
  it('is the wall clock while that keeps pace, small changes and all', async () => {
    const { wall, clock, jumps } = steady()
    for (const by of [0, 1, -1, 4 * minute, -4 * minute, 5 * minute, 30]) {
      await wall.advance(1_234.5)
      wall.jump(by)
      expect(clock.now()).toBe(wall.now())
    }
    expect(clock.monotonic()).toBe(wall.monotonic())
    expect(jumps).toEqual([])
  })

  it.each([hour, year, -hour, -year])('goes on when the wall clock jumps by %d ms, and tells once', async (by) => {
    const { wall, clock, jumps } = steady()
    const before = clock.now()
    wall.jump(by)
    expect(clock.now()).toBe(before)
    for (let minutes = 1; minutes <= 100; minutes++) {
      await wall.advance(minute)
      expect(Math.abs(clock.now() - (before + minutes * minute))).toBeLessThanOrEqual((minutes * minute) / 100)
      expect(Number.isInteger(clock.now())).toBe(true)
    }
    expect(clock.now()).toBe(before + 100 * minute + Math.sign(by) * minute)
    expect(jumps).toEqual([by])
  })

  it('makes an hour up in four days, and is the wall clock again from then on', async () => {
    const { wall, clock, jumps } = steady()
    wall.jump(hour)
    for (let hours = 0; hours < 90; hours++) {
      await wall.advance(hour)
      expect(clock.now()).toBeLessThan(wall.now())
    }
    await wall.advance(10 * hour)
    clock.now()
    expect(clock.now()).toBe(wall.now())
    expect(jumps).toEqual([hour])
  })

  it('is the wall clock at once when a jump is undone', async () => {
    const { wall, clock, jumps } = steady()
    wall.jump(-year)
    clock.now()
    await wall.advance(minute)
    wall.jump(year)
    expect(clock.now()).toBe(wall.now())
    expect(jumps).toEqual([-year, year])
  })

  it.each([hour, year, -hour, -year])(
    'keeps a queue from expiring and from retrying early when the clock jumps by %d ms',
    async (by) => {
      const { wall, clock } = steady()
      const random = createSeededRandom()
      const store = createMemoryStore({ clock, random })
      await store.open()
      let attempts = 0
      const scheduler = createScheduler({
        store,
        clock,
        random,
        holder: 'test',
        deliver: async (lease) => {
          attempts++
          return all(lease, { kind: 'deferred', delay: hour, because: 'busy' })
        },
      })
      await store.draft().commit(envelope('a.example'))
      scheduler.start()
      await settled()
      wall.jump(by)
      await wall.advance(58 * minute)
      expect(attempts).toBe(1)
      await wall.advance(3 * minute)
      expect(attempts).toBe(2)
      await scheduler.stop()
    },
  )
})
