import type { Instant, Lease, Log } from '@angarium/queue'
import type { Settled } from './settle.ts'

/**
 * Writes one line about one recipient; the event is `delivered`, `relayed`, `deferred` or `failed`. A returned one has
 * none: nothing came of it.
 */
export function tell(log: Log, lease: Lease, { recipient, settlement, status, peer }: Settled, now: Instant): void {
  if (settlement.kind === 'returned') return
  const { kind, reply } = settlement
  const { tls, ...who } = peer ?? {}
  log.info(kind, {
    id: lease.id,
    recipient: recipient.address,
    destination: lease.destination,
    attempts: recipient.attempts,
    delayMs: now - lease.acceptedAt,
    ...(peer && { peer: who, tls }),
    ...(status !== undefined && { status }),
    ...('because' in settlement && { because: settlement.because }),
    ...(reply && { reply }),
    ...(kind === 'deferred' && { retryMs: settlement.delay }),
  })
}
