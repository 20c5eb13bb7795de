// Ways in which power loss treats what was not synced.

const chance = (random, percent) => random.below(100) < percent
const isName = ({ set }) => set !== undefined

const ways = {
  nothing: () => () => false,
  everything: () => () => true,
  names: () => isName,
  contents: () => (one) => !isName(one),
  'the first of it'(random, unsynced) {
    const last = unsynced[random.below(unsynced.length || 1)]?.at ?? 0
    return ({ at }) => at <= last
  },
  'the last of it'(random, unsynced) {
    const first = unsynced[random.below(unsynced.length || 1)]?.at ?? 0
    return ({ at }) => at >= first
  },
  some: (random) => few(random, [10, 50, 90][random.below(3)]),
  'torn at 512': (random) => torn(random, 512),
  'torn at 4096': (random) => torn(random, 4_096),
}
const names = Object.keys(ways)

/** The disk that remains in one of these ways; they take turns. */
export function lossy(disk, random, turn) {
  const name = names[turn % names.length]
  const { unsynced } = disk
  // Where a file grew but its octets did not come: it did not grow, or has zeros, or what lay there before.
  const filler = [undefined, 0, 0xa5][random.below(3)]
  const image = disk.image(ways[name](random, unsynced), () => filler)
  return { name: `${name} of ${unsynced.length} not synced`, image }
}

/** Decides once for each thing. */
function few(random, percent) {
  const kept = new Map()
  return ({ at }) => {
    if (!kept.has(at)) kept.set(at, chance(random, percent))
    return kept.get(at)
  }
}

function torn(random, sector) {
  const kept = few(random, 70)
  return (one) => {
    if (one.data === undefined) return kept(one)
    const pieces = []
    for (let at = 0; at < one.data.length; ) {
      // Sectors lie where the disk has them, not where the write began.
      const end = Math.min(one.data.length, at + sector - ((one.offset + at) % sector))
      if (chance(random, 60)) pieces.push({ offset: one.offset + at, data: one.data.subarray(at, end) })
      at = end
    }
    return pieces
  }
}
