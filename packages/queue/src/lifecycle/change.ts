import type { Change, DestinationKey, Filter, Instant } from '../store/contract.ts'
import { transitions } from './table.ts'
import type { Work, WorkRecipient } from './work.ts'

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
  for (const recipient of work.recipients) {
    const next = picks(recipient) ? applyChange(recipient, work.destination, change, now) : undefined
    if (next !== undefined) applied++
    if (next !== undefined && change.kind === 'reroute') moved.push(next)
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
  const present = work ?? { destination, priority: from.priority, fence: 0, lease: undefined, recipients: [] }
  return { ...present, recipients: [...present.recipients, ...moved].sort((a, b) => a.index - b.index) }
}

/** The recipient after the change, or `undefined` when the change leaves it alone. */
function applyChange(
  recipient: WorkRecipient,
  destination: DestinationKey,
  change: Change,
  now: Instant,
): WorkRecipient | undefined {
  const state = transitions[recipient.state][change.kind]
  if (state === undefined) return undefined
  const leased = recipient.state === 'leased'
  const waits = recipient.notBefore !== undefined && recipient.notBefore > now
  switch (change.kind) {
    case 'hold':
      if (leased && recipient.wish === 'remove') return undefined
      return { ...recipient, state, because: change.because, wish: leased ? 'hold' : undefined }
    case 'release':
      if (leased) return recipient.wish === 'hold' ? { ...recipient, wish: undefined, because: undefined } : undefined
      if (waits && change.early === true)
        return { ...recipient, state, because: undefined, nextAttempt: now, notBefore: now }
      if (recipient.state === 'queued') return undefined
      return { ...recipient, state, because: undefined, nextAttempt: waits ? recipient.notBefore : now }
    case 'expedite':
      if (waits) return undefined
      return { ...recipient, state, nextAttempt: Math.min(now, recipient.nextAttempt) }
    case 'remove':
      return { ...recipient, state, wish: leased ? 'remove' : undefined }
    case 'reroute':
      return change.destination === destination ? undefined : { ...recipient, state }
  }
}

/** Whether a message's reverse-path passes the filter. Addresses compare without regard to ASCII case. */
export function filterPassesMessage(filter: Filter, reversePath: string): boolean {
  return filter.reversePath === undefined || equalFold(filter.reversePath, reversePath)
}

/** Whether one recipient passes all that the filter asks of recipients. */
export function filterPassesRecipient(filter: Filter, destination: DestinationKey, recipient: WorkRecipient): boolean {
  return (
    (filter.state === undefined || filter.state === recipient.state) &&
    (filter.destination === undefined || filter.destination === destination) &&
    (filter.recipient === undefined || equalFold(filter.recipient, recipient.address))
  )
}

/** Whether a message is listed: its reverse-path passes, and one recipient passes all at once. */
export function filterPasses(filter: Filter, reversePath: string, works: Iterable<Work>): boolean {
  if (!filterPassesMessage(filter, reversePath)) return false
  if (filter.state === undefined && filter.destination === undefined && filter.recipient === undefined) return true
  for (const { destination, recipients } of works)
    if (recipients.some((recipient) => filterPassesRecipient(filter, destination, recipient))) return true
  return false
}

function equalFold(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (fold(a.charCodeAt(at)) !== fold(b.charCodeAt(at))) return false
  return true
}

function fold(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}
