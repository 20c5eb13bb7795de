import type { DestinationKey, EnvelopeParameter, Instant, QueueId, RecordedReply } from './envelope.ts'

/** Where a recipient stands. */
export type RecipientState =
  /** Never attempted, or given back as it was. */
  | 'queued'
  /** In somebody's hands. */
  | 'leased'
  /** Waits for another attempt. */
  | 'deferred'
  /** Waits for an operator. */
  | 'held'
  | SettledState

/** Nothing more happens to a recipient in one of these. */
export type SettledState =
  /** Into a mailbox. */
  | 'delivered'
  /** To another server, which is now responsible. */
  | 'relayed'
  /** Replaced by other recipients, in a message of their own. */
  | 'expanded'
  | 'failed'
  /** Given up because its time was over. */
  | 'expired'
  /** By an operator, in silence. */
  | 'removed'

/** One queued message as an operator sees it. */
export interface Entry {
  readonly kind: 'message'
  readonly id: QueueId
  readonly acceptedAt: Instant
  readonly size: number
  readonly priority: number
  readonly sender: string
  readonly source?: string
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
  /** When the last attempt began. */
  readonly lastAttempt: Instant | undefined
  /** Set for `queued` and `deferred`. */
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
  /** One of these messages; at most 1,000. Unknown ones are passed over. */
  readonly ids?: readonly string[]
  readonly state?: 'queued' | 'leased' | 'deferred' | 'held'
  readonly destination?: DestinationKey
  /** As committed, see {@link CommitOptions}. */
  readonly sender?: string
  readonly source?: string
  readonly acceptedBefore?: Instant
  readonly acceptedAfter?: Instant
  readonly reversePath?: string
  readonly recipient?: string
}

/** Position in a scan: the `id` of the last entry seen, whether or not it is still there. */
export type Cursor = string

/** An operator's wish. Leased recipients are left alone by all but `hold`, `remove` and `bounce`, which apply when the lease ends. */
export type Change =
  | { readonly kind: 'hold'; readonly because: string }
  /** Ends a hold: due now, or at its future release. `early` also ends the wait for that, of queued ones as well. */
  | { readonly kind: 'release'; readonly early?: true }
  /** Next attempt now. Leaves alone what waits for its future release: a peer may ask for this by ETRN (RFC 1985, 5.1). */
  | { readonly kind: 'expedite' }
  /** Takes out in silence. */
  | { readonly kind: 'remove' }
  /** Gives up: settled as `failed` without an attempt, so that the sender is told. Ends a hold and any wait. */
  | { readonly kind: 'bounce'; readonly because: string }
  | { readonly kind: 'reroute'; readonly destination: DestinationKey }

/** What a change did to one message. */
export interface Progress {
  readonly id: QueueId
  /** Recipients it applied to. */
  readonly recipients: number
}

/**
 * Recipients, counted durably in the transactions that moved them:
 * accepted = delivered + relayed + expanded + failed + expired + removed + queued + held (leased and deferred ones count
 * as queued).
 */
export interface QueueStats {
  readonly messages: number
  readonly accepted: number
  readonly delivered: number
  readonly relayed: number
  readonly expanded: number
  readonly failed: number
  readonly expired: number
  readonly removed: number
  readonly queued: number
  readonly held: number
  readonly corrupt: number
}
