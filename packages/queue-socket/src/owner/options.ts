import type { Log, QueueStore } from '@angarium/queue'
import type { SocketLimits } from '../socket/door.ts'
import { defaultSocketLimits } from '../socket/door.ts'

/** Limits of {@link serveQueue}, each for one connection unless it says otherwise. */
export interface QueueOwnerLimits extends SocketLimits {
  /** Messages begun and not over. */
  readonly drafts: number
  /** Octets of content that wait for the store; at least 131,072. All connections together: times `connections`. */
  readonly windowOctets: number
  /** Questions under way; with more, nothing is read from this connection until some are answered. */
  readonly questions: number
}

/** Limits that suit a mail server of some processes. */
export const defaultQueueOwnerLimits: QueueOwnerLimits = {
  ...defaultSocketLimits,
  drafts: 4_096,
  windowOctets: 1_048_576,
  questions: 1_024,
}

/** What {@link serveQueue} is given. */
export interface QueueOwnerOptions {
  /**
   * The socket's file. It is readable and writable for its owner alone; its directory must belong to the same user, or
   * to root, and not be writable for others.
   */
  readonly path: string
  /** Open, and left open: the owner of the socket neither opens nor closes it. */
  readonly store: QueueStore
  /** Warned of connections cut off, and of leases given back. By default silent. */
  readonly log?: Log
  readonly limits?: Partial<QueueOwnerLimits>
}

/** A queue that other processes can use. */
export interface QueueOwner {
  /** Answers what was asked, then ends all connections. The store stays open. Never rejects. */
  close(): Promise<void>
}
