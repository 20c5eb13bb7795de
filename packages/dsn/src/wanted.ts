import { type Notify, notifyByDefault, parseNotify } from './parameter/notify.ts'
import type { Action, EsmtpParameter, ReportRecipient } from './report.ts'

/**
 * Tells whether the NOTIFY among a recipient's parameters asks for a report of this action. Without NOTIFY failures and
 * delays are reported.
 *
 * @rfc 3461 5.2
 */
export function wantsReport(parameters: readonly EsmtpParameter[], action: Action): boolean {
  const notify = parseNotify(parameterValue(parameters, 'NOTIFY')) ?? notifyByDefault
  return notify[EVENTS[action]]
}

/**
 * The recipients a report may name, in their order: none when the reverse-path is null, else those whose NOTIFY asks
 * for what happened to them.
 *
 * @param reversePath mailbox without angle brackets; empty for the null reverse-path
 * @rfc 3461 5.2.8
 * @rfc 5321 4.5.5
 */
export function reportable<R extends Pick<ReportRecipient, 'parameters' | 'action'>>(
  reversePath: string,
  recipients: readonly R[],
): readonly R[] {
  if (reversePath === '') return []
  return recipients.filter(({ parameters, action }) => wantsReport(parameters, action))
}

/** The value of a parameter; `undefined` when it is absent or has none. */
export function parameterValue(parameters: readonly EsmtpParameter[], keyword: string): string | undefined {
  return parameters.find(([name]) => name === keyword)?.[1]
}

const EVENTS: Readonly<Record<Action, keyof Notify>> = {
  failed: 'failure',
  delayed: 'delay',
  delivered: 'success',
  relayed: 'success',
  expanded: 'success',
}
