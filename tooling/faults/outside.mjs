// Clock and random numbers for a store whose run must be the same each time.

/** Stands still until told to move. */
export function manualClock(start = 1_800_000_000_000) {
  let now = start
  return {
    now: () => now,
    monotonic: () => now - start,
    after: () => () => undefined,
    jump(by) {
      now += by
    },
  }
}

/** Mulberry32: small, and the same everywhere. */
export function seededRandom(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
    below: (limit) => next() % limit,
  }
}
