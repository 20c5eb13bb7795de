import type { Instant, Lease, Log } from '@angarium/queue'
import type { Settled } from './settle.ts'

/**
 * Writes one line about one recipient; the event is `delivered`, `relayed`, `deferred`, `failed` or `expired`. A
 * returned one has none: nothing came of it.
 */
export function tell(log: Log, lease: Lease, settled: Settled, now: Instant): void {
  const { recipient, settlement, status, circumstances } = settled
  const { peer, conversion } = circumstances
  if (settlement.kind === 'returned') return
  const { kind, reply } = settlement
  log.info(kind, {
    id: lease.id,
    recipient: recipient.address,
    destination: lease.destination,
    attempts: recipient.attempts,
    delayMs: now - lease.acceptedAt,
    ...(peer && { peer: { host: peer.host, address: peer.address, port: peer.port }, tls: peer.tls }),
    ...(conversion && { convertedTo: conversion.to, brokenSignatures: conversion.breaks }),
    ...(status !== undefined && { status }),
    ...('because' in settlement && { because: settlement.because }),
    ...(reply && { reply }),
    ...(kind === 'deferred' && { retryMs: settlement.delay }),
  })
}
