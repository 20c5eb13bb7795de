import { deliverBy, overdue } from '@angarium/dsn'
import type { Instant, Lease, LeasedRecipient, Millis, RecordedReply, Schedule } from '@angarium/queue'
import type { Trouble } from './outcome.ts'

/** What of a message and a recipient tells where they stand in time. */
type Timed = Pick<Lease, 'parameters' | 'acceptedAt'>

/**
 * Whether the message is to come back since the time that its sender set is over. No attempt may be made then.
 *
 * @rfc 2852 4.1.3
 */
export function isTimeUp({ parameters, acceptedAt }: Timed, now: Instant): boolean {
  return overdue(parameters, acceptedAt, now)?.action === 'failed'
}

/** How its recipients come out. `because`: what stood in the way so far. */
export function tooLate(because?: string, reply?: RecordedReply): Trouble {
  const late = 'not delivered by the time its sender set'
  return {
    kind: 'expired',
    status: '5.4.7',
    because: because === undefined ? late : `${late}: ${because}`,
    ...(reply && { reply }),
  }
}

/** A wait that ends with the time that the sender set, if that comes before. @rfc 2852 4.1.3 */
export function untilDeadline(delay: Millis, { parameters, acceptedAt }: Timed, now: Instant): Millis {
  const left = (deliverBy(parameters, acceptedAt)?.at ?? now) - now
  return left > 0 ? Math.min(delay, left) : delay
}

/**
 * The status of the delay that the sender is to be told of now, once; `undefined`: not now. A sender that set a time wants to
 * hear of the delay then, and not before; where that had passed already as the message came, another host has told.
 *
 * @rfc 2852 4.1.3
 * @rfc 3461 5.2.6
 */
export function delayToTell(
  { destination, parameters, acceptedAt }: Timed & Pick<Lease, 'destination'>,
  { warned, notBefore }: Pick<LeasedRecipient, 'warned' | 'notBefore'>,
  status: string | undefined,
  schedule: Schedule,
  now: Instant,
): { readonly status: string | undefined } | undefined {
  const by = deliverBy(parameters, acceptedAt)
  if (by?.mode === 'notify' && by.at > acceptedAt)
    return !warned && overdue(parameters, acceptedAt, now) !== undefined ? { status: '4.4.7' } : undefined
  return schedule.warningDue({ destination, acceptedAt, notBefore, now, warned }) ? { status } : undefined
}
