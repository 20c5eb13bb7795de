import type {
  DestinationKey,
  Envelope,
  EnvelopeParameter,
  Instant,
  Millis,
  QueueId,
  RecordedReply,
} from './envelope.ts'
import type { Change, CorruptEntry, Cursor, Entry, Filter, Progress, QueueStats } from './inspection.ts'

export type * from './envelope.ts'
export type * from './inspection.ts'

/** What to do beside making a draft durable. */
export interface CommitOptions {
  /** A second commit under a key seen before stores nothing and answers with the first one's id, not the draft's. */
  readonly key?: string
  /** Lease the message to this holder in the same transaction. The store may decline. */
  readonly lease?: { readonly holder: string; readonly duration: Millis }
  /**
   * Future release: no attempt before this, and no lease from this commit. Retry lifetime and delay notice count from
   * here. Of the operator's changes only `release` with `early` goes before it. @rfc 4865 4.2
   */
  readonly notBefore?: Instant
  /**
   * Place in line among all due work: a whole number from -9 to 9, the higher the earlier, by default 0. One level
   * counts as much as an hour of waiting: work due at `t` goes before work due at `u` of a priority lower by `n` unless
   * `t` is `n` hours or more after `u`. So nothing starves: what is due is only ever passed by work that falls due
   * within the next 18 hours, at most one hour for each level above it. Among fresh work of one priority senders take
   * turns instead, see {@link QueueStore.lease}. @rfc 6710 5.1
   */
  readonly priority?: number
  /**
   * Whose mail this is, for taking turns and for rate limits: an account, or by default the domain of the reverse-path in
   * lower case; empty for the null reverse-path. At most 255 octets of UTF-8.
   */
  readonly sender?: string
  /** Numeric address of the client that brought it, for rate limits and for the operator. */
  readonly source?: string
}

/** The store has the message; it survives kill -9 and power loss from here on. */
export interface Accepted {
  readonly id: QueueId
  /** True when the idempotency key was known: the content just streamed was thrown away. */
  readonly duplicate: boolean
  /** One per destination when `CommitOptions.lease` was honoured, else empty. */
  readonly leases: readonly Lease[]
}

/** A message on its way into the store. Used by one caller, in order: writes, then one `commit` or one `abort`. */
export interface Draft {
  /** The id the message will have once committed, so that its own trace field can name it. Never used again if it is not. */
  readonly id: QueueId
  /**
   * Adds octets to the content. The caller keeps the buffer: the store copies or writes it before returning or before
   * the promise settles. A promise means: stop feeding until it settles. Rejects with QUEUE_STORE_FAILED.
   */
  write(octets: Uint8Array): void | Promise<void>
  /** Resolves only when content and envelope are durable. Rejects with QUEUE_STORE_FAILED; then nothing was accepted. */
  commit(envelope: Envelope, options?: CommitOptions): Promise<Accepted>
  /** Forgets the content and its files. Never rejects; harmless after a failed commit. */
  abort(): Promise<void>
}

/** Names one lease. The fence grows with each lease of the same message and destination. */
export interface LeaseRef {
  readonly id: QueueId
  readonly destination: DestinationKey
  readonly fence: number
}

/** One message, all its due recipients of one destination, one holder, until a deadline. */
export interface Lease extends LeaseRef {
  /** By the store's clock. */
  readonly until: Instant
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly recipients: readonly LeasedRecipient[]
  /** Octets of the content as stored. */
  readonly size: number
  readonly acceptedAt: Instant
  /** As committed. */
  readonly priority: number
  readonly sender: string
  readonly source?: string
  /** Small contents come along with the lease; otherwise use `QueueStore.read`. A buffer of the holder's own. */
  readonly body?: Uint8Array
}

/** One recipient of a {@link Lease}. */
export interface LeasedRecipient {
  /** Position in the envelope's list. */
  readonly index: number
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  /** Attempts begun so far, this one included; counted durably when leased. */
  readonly attempts: number
  /** The sender was already told of the delay. */
  readonly warned: boolean
  /** Set for a future release: when it was released. Lifetime and delay notice count from here, not from acceptance. */
  readonly notBefore?: Instant
  /** Leases in a row, before this one, that ended without a settlement; absent: none. */
  readonly abandoned?: number
  /** Why the last attempt came to nothing. */
  readonly lastBecause?: string
  readonly lastReply?: RecordedReply
  /** Set when an operator gave it up: no attempt is to be made, it is to be settled as `failed`, for this reason. */
  readonly bounce?: string
}

/** Asks for due work of one destination. */
export interface LeaseRequest {
  readonly destination: DestinationKey
  readonly holder: string
  readonly duration: Millis
  /** At most so many leases. */
  readonly limit: number
  /**
   * Only work at this level or above: its priority, raised by one for each hour it has waited. By default all that is
   * due.
   */
  readonly level?: number
}

/** How one recipient of a lease came out. @rfc 3464 2.3.3 */
export type RecipientSettlement =
  | { readonly index: number; readonly kind: 'delivered' | 'relayed'; readonly reply?: RecordedReply }
  /** Replaced by other recipients, whose message is among the settlement's spawn. */
  | { readonly index: number; readonly kind: 'expanded' }
  /** `expired`: given up because its time is over, whatever the number of attempts. Both are for good. */
  | {
      readonly index: number
      readonly kind: 'failed' | 'expired'
      readonly status: string
      readonly reply?: RecordedReply
      readonly because: string
    }
  | {
      readonly index: number
      readonly kind: 'deferred'
      /** Next attempt no earlier than so long from now, by the store's clock. */
      readonly delay: Millis
      readonly because: string
      readonly reply?: RecordedReply
      /** Set when this settlement spawns the delay notice. */
      readonly warned?: boolean
    }
  /**
   * Given back untouched, at shutdown or because a limit is reached: the attempt is not counted. Due again no earlier than
   * `delay` from now, by default at once; then it keeps its turn.
   */
  | { readonly index: number; readonly kind: 'returned'; readonly delay?: Millis }

/** A message born from an outcome (a bounce, a delay notice); stored in the settlement's own transaction, or not at all. */
export interface Spawn {
  readonly envelope: Envelope
  readonly content: Uint8Array
  /** A report goes by the priority of the message it is about. @rfc 6710 4.6 */
  readonly options?: Pick<CommitOptions, 'priority' | 'sender'>
}

/** Ends a lease. Recipients of the lease it does not name are given back as `returned`. */
export interface Settlement {
  readonly lease: LeaseRef
  readonly recipients: readonly RecipientSettlement[]
  readonly spawn?: readonly Spawn[]
  /**
   * Who held it is gone, and what became of the rest is not known: those not named end as at the lease's deadline, with
   * the attempt counted.
   */
  readonly abandoned?: true
}

/** `stale`: the fence was no longer current; nothing was applied, nothing spawned. */
export type SettleResult =
  | { readonly kind: 'settled'; readonly spawned: readonly QueueId[] }
  | { readonly kind: 'stale' }

/** A destination with work that may start now. */
export interface DueDestination {
  readonly destination: DestinationKey
  /** When the work that is first in line became due. */
  readonly since: Instant
  /** Of that work. */
  readonly priority: number
}

/** Answer of {@link QueueStore.due}. */
export interface Due {
  /** In the order of their first work, see {@link CommitOptions.priority}: at equal priority the longest waiting first. */
  readonly destinations: readonly DueDestination[]
  /**
   * When to ask again if nothing else happens; not in the future when the limit cut the list; `undefined`: nothing is
   * scheduled. Later work of the destinations listed may be left out: ask again once theirs is leased.
   */
  readonly next: Instant | undefined
}

/** What a store can do beyond the contract's core. */
export interface StoreCapabilities {
  /** Several processes may use one store at once. */
  readonly manyWriters: boolean
  /** `onWork` is called for work committed elsewhere. */
  readonly wakeups: boolean
}

/**
 * A durable queue. Every method may reject with QUEUE_CLOSED before `open` and after `close`, and with
 * QUEUE_STORE_FAILED when the disk or database fails: then nothing of that call was applied, or (a lost COMMIT) an
 * idempotency key tells.
 */
export interface QueueStore {
  readonly capabilities: StoreCapabilities
  /**
   * An embedded store takes back all leases here: their holder is dead. If the clock was set back meanwhile, what waits for
   * another attempt does so for as long as it was to, and fresh work is due.
   */
  open(): Promise<void>
  /** Waits for what is under way. Drafts not committed are lost. */
  close(): Promise<void>
  /**
   * Begins a message. `size` is the sender's estimate in octets, never trusted. `id` was made by `createIdMaker` in another
   * process that hands its messages on, and is the draft's; by default the store makes one.
   */
  draft(hint?: { readonly size?: number; readonly id?: QueueId }): Draft
  /** Destinations with work, in the order of {@link Due}. Costs the number asked for, not of messages queued. */
  due(limit: number): Promise<Due>
  /**
   * Hands out due work, first in line first: one message and destination to one holder, until a deadline, under a
   * growing fence. Counts the attempt. Costs the number asked for, not of messages queued.
   *
   * Among fresh work of one priority senders take turns: one message of each a round, and who comes joins the next round,
   * however many messages of others wait. What comes back for another attempt, or was given back with a delay, stands by
   * when it is due, and so does a future release. The work of one priority that is fresh and the rest are two lines: it is
   * their heads that are brought together, see {@link CommitOptions.priority}.
   */
  lease(request: LeaseRequest): Promise<readonly Lease[]>
  /** Renews leases; answers with those still the caller's. */
  extend(leases: readonly LeaseRef[], duration: Millis): Promise<readonly LeaseRef[]>
  /** Applies outcomes, each in full or not at all. Many callers share one sync. Results are in the order given. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]>
  /** The stored content from its first octet. Throws QUEUE_NOT_FOUND, QUEUE_CORRUPT. */
  read(id: QueueId): AsyncIterable<Uint8Array>
  /** Messages by id, which is the order their drafts were begun in; corrupt ones as data. Does not keep writers waiting. */
  scan(filter?: Filter, after?: Cursor): AsyncIterable<Entry | CorruptEntry>
  /**
   * Applies an operator's change to the recipients that pass the filter, in bounded steps, and tells of each message.
   * Mail flows on between the steps. `remove` of ids takes corrupt messages too.
   */
  change(filter: Filter, change: Change): AsyncIterable<Progress>
  stats(): Promise<QueueStats>
  /**
   * Called when work may have become due other than by time (commit, release, returned); `urgent` when an operator wants
   * it tried now, whatever is known of its destination. Returns the way to stop.
   */
  onWork(listener: (urgent: boolean) => void): () => void
}
