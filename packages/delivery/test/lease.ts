import type { AbortLike, Lease, LeasedRecipient, Passage } from '@angarium/queue'
import { createManualClock } from '@angarium/queue/testing'

export const from = 'ada@here.example'

/** A signal that does not fire. */
export const never: AbortLike = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
}

/** A passage that tells what it was asked. */
export function gate(open: boolean = true): Passage & { readonly asked: readonly string[] } {
  const asked: string[] = []
  return {
    asked,
    enter(nextHop) {
      asked.push(nextHop)
      return open
    },
  }
}

/** A lease as a store hands it out when a rig begins; recipients r0, r1 and so on. */
export function leaseOf(destination: string, ...recipients: readonly Partial<LeasedRecipient>[]): Lease {
  const body = Buffer.from('Subject: x\r\n\r\nx\r\n')
  const domain = destination.replace('local:', '')
  return {
    id: '0123456789abcdfghjklmn' as Lease['id'],
    destination,
    fence: 1,
    until: 0,
    reversePath: from,
    parameters: [],
    recipients: recipients.map((one, index) => ({
      index,
      address: `r${index}@${domain}`,
      parameters: [],
      attempts: 1,
      warned: false,
      ...one,
    })),
    size: body.length,
    acceptedAt: createManualClock().now(),
    priority: 0,
    sender: 'here.example',
    body,
  }
}
