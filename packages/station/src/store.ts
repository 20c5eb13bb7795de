import type { QueueStore } from '@angarium/queue'

/** A store, with what a server and its operator ask of it beside the contract, as far as it can do that. */
export interface StationStore extends QueueStore {
  /** New mail would be refused now, for want of room. */
  readonly full?: boolean
  /** Looks at all that is stored, while mail flows. */
  check?(options: CheckOptions): AsyncIterable<Finding>
  /** Copies the queue as it is at one moment into a directory, while mail flows. */
  backup?(directory: string): Promise<void>
}

/** How a queue is checked. */
export interface CheckOptions {
  readonly repair: boolean
}

/** Something in a queue that is not as it should be. */
export interface Finding {
  /** What kind of thing it is. */
  readonly kind: string
  /** The message or file it is about. */
  readonly id?: string
  readonly what: string
  /** What there is to do about it. */
  readonly remedy: string
  readonly repaired: boolean
}
