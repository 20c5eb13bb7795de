import type { Change, DestinationKey, Instant } from '../store/contract.ts'
import type { WorkRecipient } from './advance.ts'
import { advance } from './advance.ts'
import type { Work } from './work.ts'

/** What an operator's change did to one piece of work. */
export interface Changed {
  readonly work: Work
  /** Recipients that now belong to another destination; see {@link joinWork}. */
  readonly moved: readonly WorkRecipient[]
  /** Recipients it applied to. */
  readonly applied: number
}

/**
 * Applies an operator's change to those recipients that `picks` picks. Released and expedited ones are due at `now`,
 * unless they wait for a future release. A lease that has run out is to be abandoned first.
 */
export function changeWork(
  work: Work,
  change: Change,
  now: Instant,
  picks: (recipient: WorkRecipient) => boolean,
): Changed {
  const moved: WorkRecipient[] = []
  const recipients: WorkRecipient[] = []
  let applied = 0
  const moves = change.kind === 'reroute'
  for (const recipient of moves && change.destination === work.destination ? [] : work.recipients) {
    const next = picks(recipient) ? advance(recipient, { kind: 'change', change }, now) : undefined
    if (next !== undefined) applied++
    if (next !== undefined && moves) moved.push(next)
    else recipients.push(next ?? recipient)
  }
  return applied === 0 ? { work, moved, applied } : { work: { ...work, recipients }, moved, applied }
}

/** Adds recipients rerouted `from` elsewhere to the work of their new destination. Under a lease they wait for its end. */
export function joinWork(
  work: Work | undefined,
  destination: DestinationKey,
  moved: readonly WorkRecipient[],
  from: Work,
): Work {
  const { priority, sender } = from
  const present = work ?? {
    destination,
    priority,
    sender,
    place: undefined,
    fence: 0,
    lease: undefined,
    recipients: [],
  }
  return { ...present, recipients: [...present.recipients, ...moved].sort((a, b) => a.index - b.index) }
}
