import type { AbortLike, Lease, Log, Millis, NextHopKey, Passage, Settlement, Standstill } from '@angarium/queue'
import type { SocketLimits } from '../socket/door.ts'

/** Deliveries of this process: what a scheduler takes. */
export interface LocalDeliveries {
  /** See `SchedulerOptions.deliver`. */
  readonly deliver: (lease: Lease, signal: AbortLike, passage: Passage) => Promise<Settlement>
  /** See `SchedulerOptions.withoutAttempt`. */
  readonly withoutAttempt: (lease: Lease, why: Standstill) => Promise<Settlement>
}

/** What {@link createDispatcher} is given. */
export interface DispatcherOptions {
  /** The socket's file, under the same conditions as the queue's. */
  readonly path: string
  /** Delivers while no worker is connected. Without it, leases wait for one. */
  readonly local?: LocalDeliveries
  /** Told when workers come and go. By default silent. */
  readonly log?: Log
  readonly limits?: Partial<SocketLimits>
}

/** A worker as its dispatcher sees it. */
export interface WorkerSnapshot {
  /** Leases in its hands. */
  readonly active: number
  /** Leases it takes at once. */
  readonly capacity: number
}

/** Hands the leases of one scheduler to the workers that are connected, so that all limits stay the scheduler's. */
export interface Dispatcher extends LocalDeliveries {
  snapshot(): { readonly workers: readonly WorkerSnapshot[]; readonly waiting: number }
  /**
   * Lets go of the workers. Call it when the scheduler is drained: whatever is still under way is settled as
   * abandoned. Never rejects.
   */
  close(): Promise<void>
}

/** A {@link Passage} whose scheduler is in another process, and is asked. */
export interface AskedPassage {
  /** As `Passage.enter`; `false` too when the scheduler cannot be asked any more. */
  enter(nextHop: NextHopKey): Promise<boolean>
}

/** What {@link serveDeliveries} is given. */
export interface WorkerOptions {
  /** The dispatcher's socket. */
  readonly path: string
  /** Leases taken at once; all workers together should take what the scheduler's concurrency is. */
  readonly capacity: number
  /**
   * Attempts one lease, as a scheduler's `deliver` does. `signal` is an `AbortSignal`; it fires when the lease is lost,
   * at shutdown of the owner, and when the owner is lost: then nobody hears of the outcome.
   */
  readonly deliver: (lease: Lease, signal: AbortSignal, passage: AskedPassage) => Promise<Settlement>
  /** Decides a lease without an attempt, as a scheduler's does. */
  readonly withoutAttempt: (lease: Lease, why: Standstill) => Promise<Settlement>
  /** Warned when the owner is lost, told when it is back. By default silent. */
  readonly log?: Log
}

/** A process that delivers for another one. */
export interface DeliveryWorker {
  /** Whether there is an owner now. */
  readonly connected: boolean
  /**
   * Takes no more leases and waits for the deliveries under way, at most `deadlineMs`; then tells them to stop, and gives
   * back what does not come to an end within a second. Never rejects.
   */
  close(deadlineMs: Millis): Promise<void>
}
