import type { Clock, Log } from '../clock.ts'
import { QueueError } from '../error.ts'
import type { Millis, QueueStore, Settlement, SettleResult } from '../store/contract.ts'

/** A settlement on its way, and who wants to know. `undefined`: the store will never have it. */
interface Waiting {
  readonly settlement: Settlement
  readonly done: (result: SettleResult | undefined) => void
  told?: true
}

/** Settlements in one call to the store; more wait for the next. */
const batchLimit = 1_000

/** Brings outcomes to the store: what arrives while one call is under way goes with the next. */
export class Settler {
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #first: Millis
  readonly #max: Millis
  #waiting: Waiting[] = []
  #inFlight = 0
  #pause: Millis = 0
  #retryAt: Millis | undefined
  #finishing: (() => void) | undefined

  constructor(store: QueueStore, clock: Clock, log: Log, first: Millis, max: Millis) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#first = first
    this.#max = max
  }

  /** Settlements not known to be in the store. */
  get size(): number {
    return this.#waiting.length + this.#inFlight
  }

  /** When {@link Settler.poke} is wanted, in monotonic time: the store failed and gets a rest. */
  get retryAt(): Millis | undefined {
    return this.#retryAt
  }

  add(settlement: Settlement, done: (result: SettleResult | undefined) => void): void {
    this.#waiting.push({ settlement, done })
    if (this.#inFlight === 0 && this.#retryAt === undefined) void this.#run()
  }

  /** Goes on after a rest, if it is over. */
  poke(): void {
    if (this.#retryAt === undefined || this.#clock.monotonic() < this.#retryAt) return
    this.#retryAt = undefined
    if (this.#inFlight === 0) void this.#run()
  }

  /** Tries all that is left once more, now. Resolves when the store has it or has failed again. */
  async finish(): Promise<void> {
    if (this.size === 0) return
    const finished = new Promise<void>((resolve) => {
      this.#finishing = resolve
    })
    this.#retryAt = undefined
    if (this.#inFlight === 0) void this.#run()
    await finished
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && this.#retryAt === undefined) {
      const batch = this.#waiting.splice(0, batchLimit)
      this.#inFlight = batch.length
      try {
        await this.#settle(batch)
        this.#pause = 0
      } catch (error) {
        this.#failed(batch, error)
      }
      this.#inFlight = 0
    }
    if (this.size === 0) this.#finishing?.()
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    let results: readonly SettleResult[]
    try {
      results = await this.#store.settle(batch.map(({ settlement }) => settlement))
    } catch (error) {
      if (!QueueError.is(error, 'QUEUE_MISUSE')) throw error
      if (batch.length > 1) {
        // One of them is wrong and nothing was applied: find it.
        for (const one of batch) await this.#settle([one])
        return
      }
      this.#log.warn('settlement-refused', { ...batch[0]?.settlement.lease, error })
      for (const one of batch) tell(one, undefined)
      return
    }
    for (const [at, one] of batch.entries()) tell(one, results[at])
  }

  #failed(tried: readonly Waiting[], error: unknown): void {
    // Some of a batch that was taken apart may have come through.
    const batch = tried.filter(({ told }) => told === undefined)
    const closed = QueueError.is(error, 'QUEUE_CLOSED')
    if (closed || this.#finishing !== undefined) {
      // The leases run out, or end when the store opens: the work is done again, not lost.
      const lost = [...batch, ...this.#waiting]
      this.#waiting = []
      this.#log.warn('settlements-lost', { count: lost.length, error })
      for (const one of lost) tell(one, undefined)
      return
    }
    this.#waiting = [...batch, ...this.#waiting]
    this.#pause = Math.min(this.#max, this.#pause === 0 ? this.#first : this.#pause * 2)
    this.#retryAt = this.#clock.monotonic() + this.#pause
    this.#log.warn('store-failed', { operation: 'settle', pauseMs: this.#pause, error })
    this.onRest?.()
  }

  /** Called when a rest begins, so that someone sets a timer. */
  onRest: (() => void) | undefined
}

function tell(one: Waiting, result: SettleResult | undefined): void {
  one.told = true
  one.done(result)
}
