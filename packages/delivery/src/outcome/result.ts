import type { LeasedRecipient } from '@angarium/queue'
import type { Conversion } from '../plan/convert.ts'
import type { Peer } from '../transport/target.ts'
import type { Outcome } from './outcome.ts'

/** How one recipient came out of an attempt, and where. */
export interface Result {
  readonly recipient: LeasedRecipient
  readonly outcome: Outcome
  readonly circumstances: Circumstances
}

/** What the log and a report add to an outcome. */
export interface Circumstances {
  /** Whom we spoke to about it, or last tried to. */
  readonly peer?: Peer
  /** EHLO keywords that the peer and this host know. */
  readonly offered?: ReadonlySet<string>
  /** What was made of the content for this peer. */
  readonly conversion?: Pick<Conversion, 'to' | 'breaks'>
}

/** Nothing is to be added. */
export const plain: Circumstances = {}

/** The same for all. */
export function allOf(recipients: readonly LeasedRecipient[], outcome: Outcome): readonly Result[] {
  return recipients.map((recipient) => ({ recipient, outcome, circumstances: plain }))
}
