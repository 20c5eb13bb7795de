import type { Lease } from '@angarium/queue'
import { failed } from './outcome.ts'
import { allOf, type Result } from './result.ts'

/** The lease without recipients that an operator gave up: no attempt is made for them. */
export function withoutGivenUp(lease: Lease): Lease {
  if (lease.recipients.every(({ bounce }) => bounce === undefined)) return lease
  return { ...lease, recipients: lease.recipients.filter(({ bounce }) => bounce === undefined) }
}

/**
 * How those come out whom an operator gave up. Their status is that of a decision nobody needs to explain: 5.7.0 is for
 * policy, while 5.0.0 would pass for a bad address at a sender who counts bounces.
 *
 * @rfc 3463 3.8
 */
export function givenUp({ recipients }: Lease): readonly Result[] {
  return recipients.flatMap((recipient) =>
    recipient.bounce === undefined
      ? []
      : allOf([recipient], failed('5.7.0', `given up by the operator: ${recipient.bounce}`)),
  )
}
