import type { RecordedReply } from '@angarium/queue'

/** Why a recipient does not have the message yet, or never will. */
export interface Trouble {
  /** `expired`: the time that the sender set is over. */
  readonly kind: 'deferred' | 'failed' | 'expired'
  /** Enhanced status code; its class need not be that of `kind`: what was given up keeps the code of its cause. @rfc 3463 */
  readonly status: string
  /** In our words, one line. */
  readonly because: string
  /** What the peer said, if it said anything. */
  readonly reply?: RecordedReply
}

/** How one recipient came out of an attempt, before the retry schedule has its say. */
export type Outcome =
  /** `delivered`: into a mailbox. `relayed`: to another server, which is now responsible. */
  | { readonly kind: 'delivered' | 'relayed'; readonly reply?: RecordedReply }
  | Trouble
  /** Not attempted, or stopped by us before anything was decided. */
  | { readonly kind: 'returned' }

/** Wrong for now. */
export function deferred(status: `4.${number}.${number}`, because: string, reply?: RecordedReply): Trouble {
  return { kind: 'deferred', status, because, ...(reply && { reply }) }
}

/** Wrong for good. */
export function failed(status: `5.${number}.${number}`, because: string, reply?: RecordedReply): Trouble {
  return { kind: 'failed', status, because, ...(reply && { reply }) }
}
