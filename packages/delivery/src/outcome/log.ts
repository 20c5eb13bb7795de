import type { Instant, Lease, Log } from '@angarium/queue'
import type { Settled } from './settle.ts'

/**
 * Writes one line about one recipient; the event is `delivered`, `relayed`, `deferred`, `failed` or `expired`. A
 * returned one has none: nothing came of it.
 */
export function tell(log: Log, lease: Lease, settled: Settled, now: Instant): void {
  const { recipient, settlement, status, peer, conversion } = settled
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
    ...(conversion && { convertedTo: conversion.to, brokenSignatures: conversion.breaks }),
    ...(status !== undefined && { status }),
    ...('because' in settlement && { because: settlement.because }),
    ...(reply && { reply }),
    ...(kind === 'deferred' && { retryMs: settlement.delay }),
  })
}
