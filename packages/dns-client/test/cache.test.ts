import { describe, expect, it } from 'vitest'
import { createCache } from '../src/cache/cache.ts'
import type { Answer } from '../src/index.ts'
import { manualClock } from './rig.ts'

const no: Answer<unknown> = { kind: 'nodata', authentic: true, validFor: 0 }
const many = { entries: 100, octets: 1_000_000 }

describe('cache', () => {
  it('keeps an answer as long as it was told to, and tells what is left', async () => {
    const clock = manualClock()
    const cache = createCache(many, clock)
    cache.keep('a', 'A', no, 10, 100)
    await clock.advance(4000)
    expect(cache.find('a', 'A')).toEqual({ kind: 'nodata', authentic: true, validFor: 6 })
    expect(cache.find('a', 'AAAA')).toBeUndefined()
    expect(cache.find('b', 'A')).toBeUndefined()
    await clock.advance(5999)
    expect(cache.find('a', 'A')).toBeDefined()
    await clock.advance(1)
    expect(cache.find('a', 'A')).toBeUndefined()
    expect(cache.size).toBe(0)
  })

  it('keeps nothing for no time, not even what it had', () => {
    const cache = createCache(many, manualClock())
    cache.keep('a', 'A', no, 10, 100)
    cache.keep('a', 'A', no, 0, 100)
    expect(cache.size).toBe(0)
  })

  it('lets go of the one unused for longest', () => {
    const cache = createCache({ ...many, entries: 2 }, manualClock())
    cache.keep('a', 'A', no, 10, 1)
    cache.keep('b', 'A', no, 10, 1)
    cache.find('a', 'A')
    cache.keep('c', 'A', no, 10, 1)
    expect(['a', 'b', 'c'].map((name) => cache.find(name, 'A') !== undefined)).toEqual([true, false, true])
  })

  it('is bounded in octets, each entry with 256 of its own', () => {
    const cache = createCache({ ...many, octets: 1000 }, manualClock())
    cache.keep('a', 'A', no, 10, 244)
    cache.keep('b', 'A', no, 10, 244)
    expect(cache.size).toBe(2)
    cache.keep('b', 'A', no, 10, 245)
    expect([cache.size, cache.find('a', 'A')]).toEqual([1, undefined])
    cache.keep('c', 'A', no, 10, 65_535)
    expect(cache.size).toBe(0)
    // All that was let go of is free again.
    cache.keep('a', 'A', no, 10, 744)
    expect(cache.size).toBe(1)
  })

  it('forgets a name or everything', () => {
    const cache = createCache(many, manualClock())
    for (const name of ['a', 'b', 'x.a']) for (const type of ['A', 'MX'] as const) cache.keep(name, type, no, 10, 1)
    cache.forget('a')
    expect([cache.size, cache.find('a', 'MX'), cache.find('x.a', 'A')?.kind]).toEqual([4, undefined, 'nodata'])
    cache.forget()
    expect(cache.size).toBe(0)
  })
})
