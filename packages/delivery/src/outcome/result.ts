import type { LeasedRecipient } from '@angarium/queue'
import type { Peer } from '../transport/target.ts'
import type { Outcome } from './outcome.ts'

/** How one recipient came out of an attempt, and where. */
export interface Result {
  readonly recipient: LeasedRecipient
  readonly outcome: Outcome
  /** Whom we spoke to about it, or last tried to. */
  readonly peer?: Peer
}
