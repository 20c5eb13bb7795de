import { type EnhancedStatus, explainStatus, parseStatus } from '@angarium/smtp-wire'
import type { ReportRecipient } from '../report.ts'
import { isTrouble } from './action.ts'

/**
 * The status to report: the one given, else the reply's if it goes with the action, else a general one. What cannot be
 * parsed does not count.
 *
 * @rfc 3461 6.3
 * @rfc 3463 2, 3.2
 */
export function statusOf({ status, reply, action }: ReportRecipient): EnhancedStatus {
  const given = parseStatus(status ?? '')
  if (given !== undefined) return given
  const said = parseStatus(reply?.status ?? '')
  if (said !== undefined && said.startsWith('2') !== isTrouble(action)) return said
  switch (action) {
    case 'failed':
      return reply !== undefined && reply.code < 500 ? '4.0.0' : '5.0.0'
    case 'delayed':
      return '4.0.0'
    case 'relayed':
      return '2.0.0'
    case 'delivered':
    case 'expanded':
      return '2.1.5'
  }
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
      return (
        SECURITY.get(detail ?? '') ??
        "The other side's rules do not let this message pass. Ask the postmaster there, or reach the recipient in another way."
      )
  }
  return kind === '4'
    ? 'Try again later, or reach the recipient in another way.'
    : 'Reach the recipient in another way.'
}

/** Where "ask the postmaster" would lead astray, by the detail of X.7.X. @rfc 7293 15.3 @rfc 8689 4.2.1 */
const SECURITY: ReadonlyMap<string, string> = new Map([
  ['10', 'It may travel encrypted only, and that was not possible. Reach the recipient in another way.'],
  ['17', 'The mailbox belongs to somebody else now. Ask the recipient for the new address.'],
  ['18', 'The domain belongs to somebody else now. Ask the recipient for the new address.'],
  [
    '19',
    'It is not known whether the mailbox still belongs to whom you mean. If that does not matter, send the message again without asking for it.',
  ],
  [
    '30',
    'You asked for encryption on the whole way, and it is not to be had. Reach the recipient in another way, or send the message without asking for it.',
  ],
])
