import type { DestinationKey, EnvelopeParameter, Instant, QueueId, RecordedReply } from './envelope.ts'

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
  /** Next attempt now. Leaves alone what waits for its future release: a peer may ask for this by ETRN (RFC 1985, 5.1). */
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
