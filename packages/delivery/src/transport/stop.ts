import type { AbortLike } from '@angarium/queue'

/**
 * How far a delivery has been told to end. `soon`: whatever is not past the final dot ends now, since beyond it an end
 * would only leave us ignorant. `now`: everything ends.
 */
export type StopStage = 'no' | 'soon' | 'now'

/** Carries the wish to end to whatever a delivery is waiting for. As a signal it fires at the first stage. */
export class Stop implements AbortLike {
  #stage: StopStage = 'no'
  // Made when somebody listens: most deliveries are over before.
  #listeners: Set<(stage: StopStage) => void> | undefined
  #abortListeners: Set<() => void> | undefined
  readonly #signal: AbortLike
  readonly #onAbort = (): void => this.#advance('soon')

  constructor(signal: AbortLike) {
    this.#signal = signal
    if (signal.aborted) this.#stage = 'soon'
    else signal.addEventListener('abort', this.#onAbort)
  }

  get aborted(): boolean {
    return this.#stage !== 'no'
  }

  /** Calls `listener` at every further stage, and at once when stopped already. The result ends that. */
  on(listener: (stage: StopStage) => void): () => void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
    if (this.aborted) listener(this.#stage)
    return () => void this.#listeners?.delete(listener)
  }

  addEventListener(_: 'abort', listener: () => void): void {
    this.#abortListeners ??= new Set()
    this.#abortListeners.add(listener)
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    this.#abortListeners?.delete(listener)
  }

  /** Ends everything. */
  now(): void {
    this.#advance('now')
  }

  /** The delivery is over: lets go of the signal. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }

  #advance(stage: StopStage): void {
    if (this.#stage === 'now' || this.#stage === stage) return
    const isFirst = !this.aborted
    this.#stage = stage
    for (const listener of [...(this.#listeners ?? [])]) listener(stage)
    if (isFirst) for (const listener of [...(this.#abortListeners ?? [])]) listener()
  }
}
