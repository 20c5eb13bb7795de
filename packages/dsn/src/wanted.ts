import { deliverByOf, losesTime, type Timed } from './parameter/deliver-by.ts'
import { parameterValue } from './parameter/list.ts'
import { isNever, notifyByDefault, parseNotify } from './parameter/notify.ts'
import type { Report, ReportRecipient } from './report.ts'

/**
 * The recipients a report may name, in their order; none when the reverse-path is null. Cheap enough to be asked before
 * the content is read.
 *
 * - `failed`, `delayed`: as NOTIFY says; without it both are reported.
 * - `delivered`, `expanded`: when NOTIFY asks for success. A host that took the message over LMTP and offers DSN was asked
 *   in our place, and reports itself.
 * - `relayed`: when NOTIFY asks for success, and the host that took the message does not offer DSN. And, unless NOTIFY is
 *   NEVER, when BY asks for a trace, or for a notice of delay that this host cannot give.
 *
 * @rfc 3461 5.2.1, 5.2.2, 5.2.3, 5.2.4, 5.2.5, 5.2.6, 5.2.8
 * @rfc 2852 4.1.4, 4.1.4.2, 4.1.5
 * @rfc 5321 4.5.5
 */
export function reportable<R extends Pick<ReportRecipient, 'parameters' | 'action' | 'offered'>>(
  message: Pick<Report, 'reversePath' | 'parameters' | 'arrival' | 'now'>,
  recipients: readonly R[],
): readonly R[] {
  if (message.reversePath === '') return []
  return recipients.filter((recipient) => isWanted(message, recipient))
}

function isWanted(
  message: Timed,
  { parameters, action, offered }: Pick<ReportRecipient, 'parameters' | 'action' | 'offered'>,
): boolean {
  const notify = parseNotify(parameterValue(parameters, 'NOTIFY')) ?? notifyByDefault
  switch (action) {
    case 'failed':
      return notify.failure
    case 'delayed':
      return notify.delay
    case 'expanded':
      return notify.success
    case 'delivered':
      return notify.success && offered?.has('DSN') !== true
    case 'relayed':
      if (notify.success && offered?.has('DSN') !== true) return true
      return !isNever(notify) && (deliverByOf(message)?.trace === true || losesTime(message, offered))
  }
}
