import type { Delivery } from '@angarium/delivery'
import type { Log, Millis } from '@angarium/queue'
import { type Deliveries, deliveriesSocket, queueSocket, type Share } from './sharing.ts'
import type { StationStore } from './store.ts'

/** What a server has to bring along for its part in a shared queue. */
interface SharedQueueParts {
  readonly store: StationStore
  readonly delivery: Delivery
  /** Deliveries that a guest takes at a time; 0: none. */
  readonly capacity: number
  readonly log: Log
}

/** One server's part in a queue that several processes share. */
export class SharedQueue {
  readonly #share: Share
  readonly #parts: SharedQueueParts
  #work: { close(deadlineMs: Millis): Promise<void> } | undefined
  /** In the order they are to be closed. */
  readonly #open: { close(): Promise<void> }[] = []
  #deliveries: Deliveries

  constructor(share: Share, parts: SharedQueueParts) {
    this.#share = share
    this.#parts = parts
    this.#deliveries = parts.delivery
  }

  /** Whoever delivers for the owner's scheduler. */
  get deliveries(): Deliveries {
    return this.#deliveries
  }

  /** The store is open. */
  async start(): Promise<void> {
    const { role, sharing, folder } = this.#share
    const { store, delivery, capacity, log } = this.#parts
    const path = deliveriesSocket(folder)
    const { deliver, withoutAttempt } = delivery
    if (role === 'guest') {
      if (capacity > 0) this.#work = sharing.work({ path, capacity, deliver, withoutAttempt, log })
      return
    }
    const dispatcher = await sharing.dispatch({ path, local: delivery, log })
    this.#open.push(dispatcher)
    this.#deliveries = dispatcher
    this.#open.push(await sharing.serve({ path: queueSocket(folder), store, log }))
  }

  /** Ends what a guest delivers, as a scheduler is drained. */
  async endWork(deadlineMs: Millis): Promise<void> {
    await this.#work?.close(deadlineMs)
  }

  /** Lets go of all others. The scheduler is drained. */
  async close(): Promise<void> {
    for (const one of this.#open.splice(0)) await one.close()
  }
}
