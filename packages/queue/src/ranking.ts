/** One key and its rank. */
export interface Ranked<K> {
  readonly key: K
  readonly rank: number
}

interface Slot<K> extends Ranked<K> {
  readonly order: number
}

/** Keys by rank, least first, ties by age: a binary heap that knows where each key is. */
export class Ranking<K> {
  readonly #slots: Slot<K>[] = []
  readonly #places = new Map<K, number>()
  #order = 0

  get size(): number {
    return this.#slots.length
  }

  /** Adds a key or moves it. A key that keeps its rank keeps its place. */
  set(key: K, rank: number): void {
    const place = this.#places.get(key)
    if (place !== undefined && this.#slots[place]?.rank === rank) return
    const slot: Slot<K> = { key, rank, order: this.#order++ }
    this.#settle(slot, place ?? this.#slots.push(slot) - 1)
  }

  delete(key: K): void {
    const place = this.#places.get(key)
    if (place === undefined) return
    this.#places.delete(key)
    const last = this.#slots.pop()
    if (last !== undefined && place < this.#slots.length) this.#settle(last, place)
  }

  rankOf(key: K): number | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#slots[place]?.rank
  }

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
    this.#places.set(slot.key, place)
  }
}

function before<K>(a: Slot<K>, b: Slot<K>): boolean {
  return a.rank < b.rank || (a.rank === b.rank && a.order < b.order)
}
