import type { AbortLike } from './contract.ts'

/** Tells one delivery to stop; the little of an `AbortController` that does not need its types. */
export class Abort implements AbortLike {
  #aborted = false
  #listeners: Set<() => void> | undefined

  get aborted(): boolean {
    return this.#aborted
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.#aborted) return
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners?.delete(listener)
  }

  /** Fires once. What a listener throws ends in its own rejected promise, not here. */
  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    for (const listener of this.#listeners ?? []) void Promise.resolve().then(listener)
    this.#listeners = undefined
  }
}
