import { type EnhancedStatus, explainStatus, parseStatus } from '@angarium/smtp-wire'
import type { ReportRecipient } from '../report.ts'

/**
 * The status to report: the one given, else the reply's, else a general one. What cannot be parsed does not count.
 * @rfc 3461 6.3
 */
export function statusOf({ status, reply, action }: ReportRecipient): EnhancedStatus {
  const known = parseStatus(status ?? '') ?? parseStatus(reply?.status ?? '')
  if (known !== undefined) return known
  if (action === 'delayed') return '4.0.0'
  if (action !== 'failed') return '2.0.0'
  return reply !== undefined && reply.code < 500 ? '4.0.0' : '5.0.0'
}

/** A status, and what it says in the registry's words if it says anything. */
export function statusInWords(status: EnhancedStatus): string {
  const words = status.endsWith('.0.0') ? undefined : explainStatus(status)?.entry?.text
  return words === undefined ? `Status ${status}.` : `Status ${status}: ${words}.`
}

/** What a sender can do about a failure. */
export function adviceFor(status: EnhancedStatus): string {
  const [kind, subject, detail] = status.split('.')
  switch (subject) {
    case '1':
      return 'Check the address, then send the message again.'
    case '2':
      if (detail === '2') return 'The mailbox is full. Reach the recipient in another way, or try again later.'
      return detail === '3' ? 'Send a smaller message.' : 'Reach the recipient in another way.'
    case '3':
      if (detail === '4') return 'Send a smaller message.'
      break
    case '6':
      return 'Send the message in another form.'
    case '7':
      return "The other side's rules do not let this message pass. Ask the postmaster there, or reach the recipient in another way."
  }
  return kind === '4'
    ? 'Try again later, or reach the recipient in another way.'
    : 'Reach the recipient in another way.'
}
