import { settled } from '@angarium/queue/testing'
import { describe, expect, it } from 'vitest'
import { Room } from '../src/plan/room.ts'
import { Stop } from '../src/transport/stop.ts'

const stop = (): Stop =>
  new Stop({ aborted: false, addEventListener: () => undefined, removeEventListener: () => undefined })

describe('room for conversions', () => {
  it('is given out in turn, as it becomes free, and never to more than it holds', async () => {
    const room = new Room(10)
    const got: number[] = []
    for (const octets of [6, 6, 4, 10]) void room.take(octets, stop()).then(() => got.push(octets))
    await settled()
    expect(got).toEqual([6])
    room.give(6)
    await settled()
    expect(got).toEqual([6, 6, 4])
    room.give(6)
    await settled()
    expect(got).toEqual([6, 6, 4])
    room.give(4)
    await settled()
    expect(got).toEqual([6, 6, 4, 10])
  })

  it('is not waited for by those who are told to stop, and their place goes to the next', async () => {
    const room = new Room(10)
    await room.take(6, stop())
    const [first, second] = [stop(), stop()]
    const large = room.take(8, first)
    const small = room.take(4, second)
    first.now()
    expect(await large).toBe(false)
    expect(await small).toBe(true)
    second.now()
    expect(await room.take(1, second)).toBe(false)
  })
})
