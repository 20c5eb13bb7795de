import type { Clock, Log, Random } from '../clock.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { DestinationKey, Instant, Lease, Millis, QueueStore, Settlement } from '../store/contract.ts'

/** The part of an `AbortSignal` that a delivery needs; a real one may be used wherever this is asked for. */
export interface AbortLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** What a finished delivery says about the way to its destination. */
export type Judgement =
  /** The peer took part: allow one more transaction at a time. */
  | 'success'
  /** Nobody there, or nobody who would talk: halve, and after a whole failed cohort wait. */
  | 'failure'
  /** Says nothing about the way, such as a greylisted recipient. */
  | 'neutral'

/**
 * Names the hosts that the mail of a destination goes to, such as the whole set of its MX hosts. Destinations with the same
 * next hop share its places: a provider that serves a million domains is one peer.
 */
export type NextHopKey = string

/** What a delivery tells its scheduler on the way, and asks of it. */
export interface Passage {
  /**
   * Where the mail goes, once that is known and before anything is sent there. `false`: there is no place now, the next hop
   * is passed over, or a rate limit has no room; then settle with every recipient given back. The work waits there for its
   * turn, and no attempt is counted. The answer is remembered: as long as it is fresh, work of that destination begins only
   * when its next hop has a place, which is then its own.
   */
  enter(nextHop: NextHopKey): boolean
}

/**
 * At most so many in any span of so long, counted when an attempt begins. A burst of the whole limit is allowed; nothing
 * begins then until a span is over. What began within a thirty-second part of a span may count as begun with the last of it.
 *
 * In all, of a destination or of a next hop: what has to wait stays in the store. Of a sender or a source: it is found out
 * with the lease in hand, which is given back for as long as it takes, an hour at most, one after the other. The accounts
 * are in memory, begin empty, and are those of the 20,000 used last.
 */
export interface RateLimit {
  /** Each has an account of its own, but for `all`. The null reverse-path is no sender unless `of` says so. */
  readonly by: 'all' | 'destination' | 'next-hop' | 'sender' | 'source'
  /** Only this one; by default every one. */
  readonly of?: string
  readonly count: 'messages' | 'recipients'
  /**
   * At least 1. More recipients than this in one message go alone, and use up as many spans. A message too large for the
   * room there is waits for more, and is not passed by smaller ones.
   */
  readonly limit: number
  readonly perMs: Millis
}

/** Why work that is due is not under way. */
export type Hindrance =
  /** Nothing is delivered at all. */
  | { readonly kind: 'not-running'; readonly state: SchedulerSnapshot['state'] }
  /** The store failed and gets a rest. */
  | { readonly kind: 'store-failed'; readonly until: Instant }
  /** Passed over after a failed cohort. */
  | {
      readonly kind: 'passed-over'
      readonly by: 'destination' | 'next-hop'
      readonly of: string
      readonly until: Instant
    }
  /** All places are taken; of `all` it may be those for ways that were passed over before, a quarter. */
  | {
      readonly kind: 'full'
      readonly by: 'all' | 'destination' | 'next-hop'
      readonly of?: string
      readonly active: number
      readonly window: number
    }
  | { readonly kind: 'rate'; readonly limit: RateLimit; readonly of?: string; readonly until: Instant }

/** Why a lease is decided without an attempt: its way is passed over, or a rate limit holds it back. */
export type Standstill = 'passed-over' | 'rate'

/** Limits of a {@link Scheduler}, at least 1. All are totals of this scheduler, never per connection. */
export interface SchedulerLimits {
  /** Deliveries under way. */
  readonly concurrency: number
  /** Deliveries under way to one destination. */
  readonly perDestination: number
  /** Where a destination's own limit starts before anything is known of it. */
  readonly perDestinationStart: number
  /** Deliveries under way to one next hop, whatever the number of its destinations. It starts and adapts as theirs do. */
  readonly perNextHop: number
  /**
   * Leases in hand that wait for a place, so that a place never waits for the store: four for each place of a destination
   * at most, and none where the last attempts failed. The next of them goes to the destination whose session is open, for a
   * second at a time while others wait. Each counts as an attempt if the process dies. May be 0.
   */
  readonly ahead: number
  /** How long a lease lasts; renewed at half-time while the delivery runs. */
  readonly leaseMs: Millis
  /** How long a destination or next hop is passed over after its first failed cohort; doubles with each further one. */
  readonly coolFirstMs: Millis
  /** Nothing is passed over for longer. */
  readonly coolMaxMs: Millis
  /** Leases of passed-over destinations decided `withoutAttempt` at a time. */
  readonly visitBatch: number
  /** Pause between two such batches. */
  readonly visitEveryMs: Millis
  /** First and longest pause after the store failed. */
  readonly storeRetryMs: Millis
  readonly storeRetryMaxMs: Millis
  /** How long a delivery may take to come back once it was told to stop. */
  readonly abortGraceMs: Millis
}

/** Limits that suit one process with an embedded store. */
export const defaultSchedulerLimits: SchedulerLimits = {
  concurrency: 200,
  perDestination: 20,
  perDestinationStart: 5,
  perNextHop: 20,
  ahead: 100,
  leaseMs: 300_000,
  coolFirstMs: 60_000,
  coolMaxMs: 3_600_000,
  visitBatch: 100,
  visitEveryMs: 1_000,
  storeRetryMs: 1_000,
  storeRetryMaxMs: 60_000,
  abortGraceMs: 1_000,
}

/** Parts a {@link Scheduler} is made of. */
export interface SchedulerOptions {
  /** Already open. The scheduler neither opens nor closes it. */
  readonly store: QueueStore
  readonly clock: Clock
  readonly random: Random
  /** Names this scheduler in leases. */
  readonly holder: string
  /**
   * Attempts one lease and says how each recipient came out. `signal` fires at shutdown and when the lease was lost;
   * whatever is returned after a lost lease is dropped. A rejection defers all recipients of the lease.
   */
  readonly deliver: (lease: Lease, signal: AbortLike, passage: Passage) => Promise<Settlement>
  /**
   * Decides a lease without an attempt, while its destination or next hop is passed over: defer it, warn its sender, or give
   * up. What it defers is given back for as long and counts no attempt, but when it has warned. It also gets what an
   * operator gave up, all of whose recipients have `bounce`; and what the rate limit of a sender or source holds back, once a
   * notice or the end of its lifetime is due. Without this, such messages simply wait; then a destination that stays dead
   * keeps them beyond their lifetime.
   */
  readonly withoutAttempt?: (lease: Lease, why: Standstill) => Promise<Settlement>
  /** Delays for deliveries that rejected; by default the default policy's. */
  readonly schedule?: Schedule
  /** Reads a settlement's meaning for the destination; by default {@link judgeSettlement}. */
  readonly judge?: (settlement: Settlement) => Judgement
  readonly limits?: Partial<SchedulerLimits>
  /** Most deliveries under way to a destination or next hop that has a limit of its own, be it more or less; at least 1. */
  readonly concurrencyOf?: (by: 'destination' | 'next-hop', of: string) => number | undefined
  /** All hold. Global for the queue: one scheduler keeps all accounts. */
  readonly rates?: readonly RateLimit[]
  readonly log?: Log
}

/** A destination the scheduler knows of. */
export interface DestinationSnapshot {
  readonly destination: DestinationKey
  readonly active: number
  /** Deliveries it may have under way now. */
  readonly window: number
  /** Passed over until then; `undefined` when it is served. */
  readonly coolUntil: Instant | undefined
  /** Where its mail went last, as far as remembered. */
  readonly nextHop: NextHopKey | undefined
}

/** A next hop the scheduler knows of. */
export type NextHopSnapshot = Omit<DestinationSnapshot, 'destination' | 'nextHop'> & { readonly nextHop: NextHopKey }

/** What a scheduler is doing. */
export interface SchedulerSnapshot {
  readonly state: 'idle' | 'running' | 'draining' | 'stopped'
  readonly active: number
  /** Settlements waiting for the store or on their way to it. */
  readonly settling: number
  /** Those with deliveries under way, or with a history that matters. */
  readonly destinations: readonly DestinationSnapshot[]
  readonly nextHops: readonly NextHopSnapshot[]
  /** Leases in hand that wait for a place. */
  readonly ahead: number
}

/** Room set aside in a {@link Scheduler}. */
export interface Reservation {
  /**
   * Begins to deliver what the commit leased, as soon as it finds places; with no leases the room is free again. Must be
   * called, and once.
   */
  begin(leases: readonly Lease[]): void
}

/**
 * Hands due work to `deliver`: destinations first, then the messages of each in line. Among destinations the higher
 * priority goes first, an hour of waiting counting as one level, and the least served first within a level.
 * Keeps one timer and nothing that grows with the queue.
 */
export interface Scheduler {
  /** Begins to lease. Throws QUEUE_MISUSE when called twice. */
  start(): void
  /**
   * Sets room aside for a message about to be committed with a lease: accepted, delivered and settled, it costs two
   * writes. `undefined`: there is no room for all of it now, or other work waits for room; then commit it without, and
   * it takes its turn.
   */
  reserve(destinations: readonly DestinationKey[]): Reservation | undefined
  /**
   * Looks for work soon; calls within one turn are one look. `onWork` of the store does this by itself; when that is urgent,
   * each destination and next hop that is passed over may be tried once.
   */
  wake(): void
  /**
   * Stops leasing and waits for the deliveries under way, at most `deadlineMs`; then tells them to stop, and gives back
   * what does not come to an end. Resolves when the store has all settlements, or has refused them since. A second
   * call can only shorten the wait of the first.
   */
  drain(deadlineMs: Millis): Promise<void>
  /** `drain(0)`. */
  stop(): Promise<void>
  snapshot(): SchedulerSnapshot
  /** Why due work like this would not begin at once; empty when it would. */
  explain(work: Pick<Lease, 'destination' | 'sender' | 'source'>): readonly Hindrance[]
}
