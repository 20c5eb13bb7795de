/** One key and its rank. */
export interface Ranked<K> {
  readonly key: K
  readonly rank: number
}

interface Slot<K> {
  readonly key: K
  rank: number
  order: number
  /** Its place in the heap. */
  place: number
}

/** Keys by rank, least first, ties by age: a binary heap that knows where each key is. */
export class Ranking<K> {
  readonly #slots: Slot<K>[] = []
  readonly #byKey = new Map<K, Slot<K>>()
  #order = 0

  get size(): number {
    return this.#slots.length
  }

  /** Adds a key or moves it. A key that keeps its rank keeps its place. */
  set(key: K, rank: number): void {
    const known = this.#byKey.get(key)
    if (known === undefined) {
      const slot: Slot<K> = { key, rank, order: this.#order++, place: this.#slots.length }
      this.#byKey.set(key, slot)
      this.#slots.push(slot)
      this.#settle(slot, slot.place)
    } else if (known.rank !== rank) {
      known.rank = rank
      known.order = this.#order++
      this.#settle(known, known.place)
    }
  }

  delete(key: K): void {
    const slot = this.#byKey.get(key)
    if (slot === undefined) return
    this.#byKey.delete(key)
    const last = this.#slots.pop()
    if (last !== undefined && last !== slot) this.#settle(last, slot.place)
  }

  rankOf(key: K): number | undefined {
    return this.#byKey.get(key)?.rank
  }

  /** The first of all, until the next change. */
  least(): Ranked<K> | undefined {
    return this.#slots[0]
  }

  /** All in ascending order; each step costs the logarithm of the steps so far. Change nothing meanwhile. */
  *ascending(): Generator<Ranked<K>> {
    const frontier = new Ranking<number>()
    const offer = (place: number): void => {
      const slot = this.#slots[place]
      // Ranks may tie: the frontier breaks ties by arrival, which is a parent before its children.
      if (slot !== undefined) frontier.set(place, slot.rank)
    }
    offer(0)
    for (let next = frontier.least(); next !== undefined; next = frontier.least()) {
      frontier.delete(next.key)
      yield this.#slots[next.key] as Slot<K>
      offer(2 * next.key + 1)
      offer(2 * next.key + 2)
    }
  }

  /** Puts a slot where a hole is, then up or down to where it belongs. */
  #settle(slot: Slot<K>, hole: number): void {
    let at = hole
    for (let up = (at - 1) >> 1; at > 0 && before(slot, this.#at(up)); up = (at - 1) >> 1) {
      this.#put(this.#at(up), at)
      at = up
    }
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#slots.length) break
      if (child + 1 < this.#slots.length && before(this.#at(child + 1), this.#at(child))) child++
      if (!before(this.#at(child), slot)) break
      this.#put(this.#at(child), at)
      at = child
    }
    this.#put(slot, at)
  }

  #at(place: number): Slot<K> {
    return this.#slots[place] as Slot<K>
  }

  #put(slot: Slot<K>, place: number): void {
    this.#slots[place] = slot
    slot.place = place
  }
}

function before<K>(a: Slot<K>, b: Slot<K>): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.order < b.order)
}
