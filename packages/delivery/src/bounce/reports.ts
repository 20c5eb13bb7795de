import { composeReport, type ReportRecipient } from '@angarium/dsn'
import type { DestinationKey, Instant, Lease, Log, QueueStore, Random, Schedule, Spawn } from '@angarium/queue'
import type { Settled } from '../outcome/settle.ts'
import { original } from './original.ts'

/** What reports to senders need. */
export interface ReportContext {
  /** Host that reports. */
  readonly hostname: string
  readonly store: Pick<QueueStore, 'read'>
  readonly random: Random
  readonly schedule: Schedule
  readonly log: Log
  /** Where mail to the sender goes. */
  readonly destinationOf: (address: string) => DestinationKey
  /** Longer messages are returned as their header only. */
  readonly returnOctets: number
}

/** The settlements of one lease, and what the sender is told of them. */
export interface Reported {
  readonly settled: readonly Settled[]
  readonly spawn: readonly Spawn[]
}

/**
 * Decides what the sender is told of the outcomes of one lease: at most one report naming all that failed, and one naming
 * all whose delay is due to be told, marked as `warned`. The null reverse-path is told nothing, and what fails then is
 * only logged.
 *
 * @rfc 5321 4.5.5, 6.1
 * @rfc 3461 5.2.5, 5.2.6
 */
export async function report(
  lease: Lease,
  settled: readonly Settled[],
  now: Instant,
  context: ReportContext,
): Promise<Reported> {
  const { id, reversePath, acceptedAt } = lease
  const { schedule, log } = context
  const failed = settled.filter(({ settlement }) => settlement.kind === 'failed')
  if (reversePath === '') {
    for (const { recipient, status } of failed) log.warn('double-bounce', { id, recipient: recipient.address, status })
    return { settled, spawn: [] }
  }
  const delayed = settled.filter(
    ({ settlement, recipient: { warned } }) =>
      settlement.kind === 'deferred' && schedule.warningDue({ acceptedAt, now, warned }),
  )
  const failure = await spawned(lease, failed, 'failed', now, context)
  const notice = await spawned(lease, delayed, 'delayed', now, context)
  return {
    settled: notice === undefined ? settled : settled.map((one) => (delayed.includes(one) ? warned(one) : one)),
    spawn: [failure, notice].filter((one) => one !== undefined),
  }
}

/** One report about these recipients, if one of them wants it. */
async function spawned(
  lease: Lease,
  about: readonly Settled[],
  action: 'failed' | 'delayed',
  now: Instant,
  { hostname, store, random, schedule, log, destinationOf, returnOctets }: ReportContext,
): Promise<Spawn | undefined> {
  if (about.length === 0) return undefined
  const { id, reversePath, parameters, acceptedAt } = lease
  const willRetryUntil = acceptedAt + schedule.policy.lifetimeMs
  try {
    const composed = composeReport({
      reportingHost: hostname,
      reversePath,
      parameters,
      recipients: about.map(
        (one): ReportRecipient => ({
          address: one.recipient.address,
          parameters: one.recipient.parameters,
          action,
          ...facts(one),
          lastAttempt: now,
          ...(action === 'delayed' && { willRetryUntil }),
          finalLogId: id,
        }),
      ),
      content: await original(lease, store, returnOctets, log),
      arrival: acceptedAt,
      now,
      random,
      returnOctets,
    })
    if (composed === undefined) return undefined
    const { recipient: address, ...envelope } = composed.envelope
    const recipients = [{ address, parameters: [], destination: destinationOf(address) }]
    return { envelope: { ...envelope, recipients }, content: composed.content }
  } catch (error) {
    // What was learned about the recipients counts more than the report: without it they would get the message again.
    log.warn('report-failed', { id, action, to: reversePath, error })
    return undefined
  }
}

function facts({ settlement, status }: Settled): Pick<ReportRecipient, 'status' | 'because' | 'reply'> {
  if (settlement.kind !== 'failed' && settlement.kind !== 'deferred') return {}
  const { because, reply } = settlement
  return { because, ...(status !== undefined && { status }), ...(reply && { reply }) }
}

function warned(one: Settled): Settled {
  return one.settlement.kind === 'deferred' ? { ...one, settlement: { ...one.settlement, warned: true } } : one
}
