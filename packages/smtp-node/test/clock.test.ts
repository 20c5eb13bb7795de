import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNodeClock, nodeClock, nodeRandom } from '../src/index.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe('clock', () => {
  it('tells the time', () => {
    expect(Math.abs(nodeClock.now() - Date.now())).toBeLessThan(1_000)
    const before = nodeClock.monotonic()
    expect(nodeClock.monotonic()).toBeGreaterThanOrEqual(before)
  })

  it('runs once, not before its time and never at once', () => {
    vi.useFakeTimers()
    const runs: number[] = []
    nodeClock.after(10.5, () => runs.push(nodeClock.monotonic()))
    nodeClock.after(0, () => runs.push(0))
    nodeClock.after(-5, () => runs.push(-5))
    const start = nodeClock.monotonic()
    expect(runs).toEqual([])
    vi.advanceTimersByTime(5)
    expect(runs).toEqual([0, -5])
    vi.advanceTimersByTime(10_000)
    expect(runs.length).toBe(3)
    expect(runs[2]).toBeGreaterThanOrEqual(start + 10.5)
  })

  it('waits longer than a timer of Node can', () => {
    vi.useFakeTimers()
    const delay = 2 ** 31 + 12_345
    let runs = 0
    nodeClock.after(delay, () => {
      runs += 1
    })
    vi.advanceTimersByTime(delay - 1)
    expect(runs).toBe(0)
    vi.advanceTimersByTime(2)
    expect(runs).toBe(1)
  })

  it('is cancelled, also in the middle of a long wait and twice', () => {
    vi.useFakeTimers()
    let runs = 0
    const cancel = nodeClock.after(2 ** 32, () => {
      runs += 1
    })
    vi.advanceTimersByTime(2 ** 31 + 5)
    cancel()
    cancel()
    vi.advanceTimersByTime(2 ** 32)
    expect(runs).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('without hold on the process lets it end', () => {
    const code = `import { createNodeClock } from './index.ts'; createNodeClock({ unref: true }).after(3_600_000, () => undefined)`
    const run = spawnSync(process.execPath, ['--conditions=@angarium/source', '--input-type=module', '--eval', code], {
      cwd: `${import.meta.dirname}/../src`,
      timeout: 20_000,
      encoding: 'utf8',
    })
    expect([run.status, run.stderr]).toEqual([0, ''])
  })

  it('with unref still runs while something else keeps the process', async () => {
    await new Promise<void>((resolve) => {
      createNodeClock({ unref: true }).after(1, resolve)
      setTimeout(() => undefined, 100)
    })
  })
})

describe('randomness', () => {
  it('is within its limits, from 1 to 2^48', () => {
    expect(nodeRandom.below(1)).toBe(0)
    for (const limit of [2, 10, 2 ** 31, 2 ** 48 - 1, 2 ** 48]) {
      for (let turn = 0; turn < 50; turn++) {
        const value = nodeRandom.below(limit)
        expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true)
      }
    }
  })

  it('comes in buffers of one’s own', () => {
    const [one, other] = [nodeRandom.bytes(16), nodeRandom.bytes(16)]
    expect(one.length).toBe(16)
    expect(one).not.toEqual(other)
    const copy = other.slice()
    one.fill(0)
    nodeRandom.bytes(16).fill(0)
    expect(other).toEqual(copy)
  })

  it('is never the same twice', () => {
    const drawn = Array.from({ length: 1_000 }, () => String(nodeRandom.bytes(10)))
    expect(new Set(drawn).size).toBe(1_000)
    expect([1, 64, 65, 5_000].map((count) => nodeRandom.bytes(count).length)).toEqual([1, 64, 65, 5_000])
  })
})
