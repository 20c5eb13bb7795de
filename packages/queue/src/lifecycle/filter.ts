import type { DestinationKey, Filter } from '../store/contract.ts'
import type { WorkRecipient } from './advance.ts'
import type { MessageFacts } from './entry.ts'
import type { Work } from './work.ts'

/** Whether a message passes all that the filter asks of messages. Addresses compare without regard to ASCII case. */
export function filterPassesMessage(filter: Filter, facts: MessageFacts): boolean {
  return (
    (filter.ids === undefined || filter.ids.includes(facts.id)) &&
    (filter.sender === undefined || filter.sender === facts.sender) &&
    (filter.source === undefined || filter.source === facts.source) &&
    (filter.acceptedBefore === undefined || facts.acceptedAt < filter.acceptedBefore) &&
    (filter.acceptedAfter === undefined || facts.acceptedAt > filter.acceptedAfter) &&
    (filter.reversePath === undefined || equalFold(filter.reversePath, facts.reversePath))
  )
}

/** Whether one recipient passes all that the filter asks of recipients. */
export function filterPassesRecipient(
  filter: Filter,
  destination: DestinationKey,
  recipient: Pick<WorkRecipient, 'state' | 'address'>,
): boolean {
  return (
    (filter.state === undefined || filter.state === recipient.state) &&
    (filter.destination === undefined || filter.destination === destination) &&
    (filter.recipient === undefined || equalFold(filter.recipient, recipient.address))
  )
}

/** Whether a message is listed: it passes itself, and one recipient passes all at once. */
export function filterPasses(filter: Filter, facts: MessageFacts, works: Iterable<Work>): boolean {
  if (!filterPassesMessage(filter, facts)) return false
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
