import type { Random } from '../clock.ts'

/** A repeatable source: the same seed gives the same octets. Not for ids that must not be guessed. */
export function createSeededRandom(seed = 1): Random {
  let state = seed >>> 0
  const next = (): number => {
    // Mulberry32: one 32-bit state, full period.
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    bytes(count) {
      const octets = new Uint8Array(count)
      for (let at = 0; at < count; at++) octets[at] = next() & 0xff
      return octets
    },
    below(limit) {
      return Math.floor(((next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53) * limit)
    },
  }
}
