import { Ranking } from '../ranking.ts'

/** Messages by rank, least first, at equal ranks in the order of their ids. */
export class Line<M extends { readonly order: number }> {
  readonly #ranks = new Ranking<number>()
  readonly #equals = new Map<number, Ranking<M>>()
  readonly #rankOf = new Map<M, number>()

  /** Adds a message, moves it, or with no rank takes it out. */
  set(message: M, rank: number | undefined): void {
    const before = this.#rankOf.get(message)
    if (before === rank) return
    if (before !== undefined) this.#takeOut(message, before)
    if (rank === undefined) return
    const equals = this.#equals.get(rank) ?? new Ranking<M>()
    equals.set(message, message.order)
    this.#equals.set(rank, equals)
    this.#ranks.set(rank, rank)
    this.#rankOf.set(message, rank)
  }

  first(): M | undefined {
    const least = this.#ranks.least()
    return least && this.#equals.get(least.key)?.least()?.key
  }

  *[Symbol.iterator](): Generator<M> {
    for (const { key } of this.#ranks.ascending())
      for (const { key: message } of this.#equals.get(key)?.ascending() ?? []) yield message
  }

  #takeOut(message: M, rank: number): void {
    const equals = this.#equals.get(rank)
    equals?.delete(message)
    this.#rankOf.delete(message)
    if (equals !== undefined && equals.size > 0) return
    this.#equals.delete(rank)
    this.#ranks.delete(rank)
  }
}
