/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number

/** A span of time in milliseconds. */
export type Millis = number

/** Names one accepted message. Made by the store, unique within it for ever, safe in a file name, a log line and a Received field. */
export type QueueId = string & { readonly __brand: 'QueueId' }

/**
 * What the scheduler groups work by: a lower-case domain, or the name of a configured route.
 * Two recipients with the same key can share one transaction with one peer.
 */
export type DestinationKey = string

/** One ESMTP parameter as the peer wrote it: keyword in upper case, value still encoded, `undefined` when it had none. */
export type EnvelopeParameter = readonly [keyword: string, value: string | undefined]

/** The envelope exactly as received; attempts read it, nothing rewrites it. @rfc 5321 2.3.1 */
export interface Envelope {
  /** Mailbox of the reverse-path without angle brackets; empty for the null reverse-path. */
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly recipients: readonly EnvelopeRecipient[]
}

/** One recipient of an {@link Envelope}. */
export interface EnvelopeRecipient {
  /** Mailbox of the forward-path without angle brackets and source route. */
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly destination: DestinationKey
}

/** A reply kept for a later report, a log line or `queue show`. Remote text: escape it wherever it is shown. */
export interface RecordedReply {
  readonly code: number
  /** Enhanced status code such as `5.1.1`, when the peer gave one. @rfc 3463 */
  readonly status?: string
  readonly text: readonly string[]
  /** Host that said so; absent when we decided ourselves. */
  readonly peer?: string
}

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
   * within the next 18 hours, at most one hour for each level above it. @rfc 6710 5.1
   */
  readonly priority?: number
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
  /** Why the last attempt came to nothing. */
  readonly lastBecause?: string
  readonly lastReply?: RecordedReply
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

/** How one recipient of a lease came out. */
export type RecipientSettlement =
  | { readonly index: number; readonly kind: 'delivered' | 'relayed'; readonly reply?: RecordedReply }
  | {
      readonly index: number
      readonly kind: 'failed'
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
  /** Given back untouched, e.g. at shutdown: due at once, the attempt is not counted. */
  | { readonly index: number; readonly kind: 'returned' }

/** A message born from an outcome (a bounce, a delay notice); stored in the settlement's own transaction, or not at all. */
export interface Spawn {
  readonly envelope: Envelope
  readonly content: Uint8Array
  /** A report goes by the priority of the message it is about. @rfc 6710 4.6 */
  readonly options?: Pick<CommitOptions, 'priority'>
}

/** Ends a lease. Recipients of the lease it does not name are given back as `returned`. */
export interface Settlement {
  readonly lease: LeaseRef
  readonly recipients: readonly RecipientSettlement[]
  readonly spawn?: readonly Spawn[]
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

/** Where a recipient stands. */
export type RecipientState = 'queued' | 'leased' | 'held' | 'delivered' | 'relayed' | 'failed' | 'removed'

/** One queued message as an operator sees it. */
export interface Entry {
  readonly kind: 'message'
  readonly id: QueueId
  readonly acceptedAt: Instant
  readonly size: number
  readonly priority: number
  readonly reversePath: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly recipients: readonly EntryRecipient[]
}

/** One recipient of an {@link Entry}. Recipients already settled stay listed until the whole message is gone. */
export interface EntryRecipient {
  readonly index: number
  readonly address: string
  readonly parameters: readonly EnvelopeParameter[]
  readonly destination: DestinationKey
  readonly state: RecipientState
  readonly attempts: number
  readonly nextAttempt: Instant | undefined
  /** Set for a future release: when it is or was released. */
  readonly notBefore?: Instant
  readonly because: string | undefined
  readonly lastReply: RecordedReply | undefined
}

/** Something the store found and cannot read. Told, never skipped, never fatal. */
export interface CorruptEntry {
  readonly kind: 'corrupt'
  readonly id: string
  readonly because: string
}

/**
 * Every given field must match, those about recipients on one and the same recipient. An empty filter matches all.
 * Addresses compare without regard to ASCII case.
 */
export interface Filter {
  readonly state?: 'queued' | 'leased' | 'held'
  readonly destination?: DestinationKey
  readonly reversePath?: string
  readonly recipient?: string
}

/** Position in a scan: the `id` of the last entry seen, whether or not it is still there. */
export type Cursor = string

/** An operator's wish. Leased recipients are left alone by all but `hold` and `remove`, which apply when the lease ends. */
export type Change =
  | { readonly kind: 'hold'; readonly because: string }
  /** Ends a hold: due now, or at its future release. `early` also ends the wait for that, of queued ones as well. */
  | { readonly kind: 'release'; readonly early?: true }
  /** Next attempt now. Leaves alone what waits for its future release: a peer may ask for this by ETRN. @rfc 1985 5.1 */
  | { readonly kind: 'expedite' }
  | { readonly kind: 'remove' }
  | { readonly kind: 'reroute'; readonly destination: DestinationKey }

/** What a change did to one message. */
export interface Progress {
  readonly id: QueueId
  /** Recipients it applied to. */
  readonly recipients: number
}

/**
 * Recipients, counted durably in the transactions that moved them:
 * accepted = delivered + relayed + failed + removed + queued + held (leased ones count as queued).
 */
export interface QueueStats {
  readonly messages: number
  readonly accepted: number
  readonly delivered: number
  readonly relayed: number
  readonly failed: number
  readonly removed: number
  readonly queued: number
  readonly held: number
  readonly corrupt: number
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
  /** An embedded store takes back all leases here: their holder is dead. */
  open(): Promise<void>
  /** Waits for what is under way. Drafts not committed are lost. */
  close(): Promise<void>
  /** Begins a message. `size` is the sender's estimate in octets, never trusted. */
  draft(hint?: { readonly size?: number }): Draft
  /** Destinations with work, in the order of {@link Due}. Costs the number asked for, not of messages queued. */
  due(limit: number): Promise<Due>
  /**
   * Hands out due work, first in line first: one message and destination to one holder, until a deadline, under a
   * growing fence. Counts the attempt. Costs the number asked for, not of messages queued.
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
  /** Applies an operator's change in bounded steps and tells of each message. */
  change(selection: Filter | readonly QueueId[], change: Change): AsyncIterable<Progress>
  stats(): Promise<QueueStats>
  /**
   * Called when work may have become due other than by time (commit, release, returned); `urgent` when an operator wants
   * it tried now, whatever is known of its destination. Returns the way to stop.
   */
  onWork(listener: (urgent: boolean) => void): () => void
}
