import { composeReport, type ReportRecipient, reportable } from '@angarium/dsn'
import type { DestinationKey, Instant, Lease, Log, QueueStore, Random, Schedule, Spawn } from '@angarium/queue'
import { delayToTell } from '../outcome/deadline.ts'
import type { Circumstances } from '../outcome/result.ts'
import { isGivenUp, type Settled } from '../outcome/settle.ts'
import { has } from '../plan/plan.ts'
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
 * Decides what the sender is told of the outcomes of one lease: at most one report, naming all that failed, all whose
 * success it wants to hear of and nobody else will tell, and all whose delay is due to be told; those are marked as
 * `warned`. The null reverse-path is told nothing, and what fails then is only logged.
 *
 * @rfc 5321 4.5.5, 6.1
 * @rfc 3461 5.2.2, 5.2.3, 5.2.5, 5.2.6
 * @rfc 2852 4.1.3, 4.1.4
 */
export function report(
  lease: Lease,
  settled: readonly Settled[],
  now: Instant,
  context: ReportContext,
): Reported | Promise<Reported> {
  const { id, reversePath, parameters, acceptedAt: arrival } = lease
  if (reversePath === '') {
    for (const { recipient, settlement, status } of settled)
      if (isGivenUp(settlement)) context.log.warn('double-bounce', { id, recipient: recipient.address, status })
    return { settled, spawn: [] }
  }
  const events: Event[] = []
  for (const one of settled) {
    const event = eventOf(lease, one, now, context.schedule)
    if (event !== undefined) events.push(event)
  }
  const wanted = events.length === 0 ? events : reportable({ reversePath, parameters, arrival, now }, events)
  return wanted.length === 0 ? { settled, spawn: [] } : told(lease, settled, wanted, now, context)
}

/** Tells the sender, and marks those whose delay it was told of. */
async function told(
  lease: Lease,
  settled: readonly Settled[],
  events: readonly Event[],
  now: Instant,
  context: ReportContext,
): Promise<Reported> {
  const spawn = await spawned(lease, events, now, context)
  if (spawn === undefined) return { settled, spawn: [] }
  const delayed = new Set(events.filter(({ action }) => action === 'delayed').map(({ about }) => about))
  return { settled: settled.map((one) => (delayed.has(one) ? warned(one) : one)), spawn: [spawn] }
}

/** What happened to a recipient that may be worth a report. */
interface Event extends ReportRecipient {
  readonly about: Settled
}

function eventOf(lease: Lease, about: Settled, now: Instant, schedule: Schedule): Event | undefined {
  const { recipient, settlement, circumstances } = about
  const { offered, peer } = circumstances
  const { address, parameters } = recipient
  if (settlement.kind === 'returned' || !mayBeTold(lease, about)) return undefined
  const event = {
    about,
    address,
    parameters,
    lastAttempt: now,
    finalLogId: lease.id,
    ...(peer && { remote: peer.host }),
  }
  switch (settlement.kind) {
    case 'delivered':
    case 'relayed':
      return { ...event, action: settlement.kind, ...(offered && { offered }), ...said(about) }
    case 'failed':
    case 'expired':
      return { ...event, action: 'failed', status: settlement.status, ...said(about) }
    case 'deferred': {
      const delay = delayToTell(lease, recipient, about.status, schedule, now)
      if (delay === undefined) return undefined
      const { status } = delay
      const willRetryUntil =
        (recipient.notBefore ?? lease.acceptedAt) + schedule.policyFor(lease.destination).lifetimeMs
      return {
        ...event,
        action: 'delayed',
        ...(status !== undefined && { status }),
        ...said(about),
        willRetryUntil,
      }
    }
  }
}

/** Nobody hears of a success who did not ask: most messages go without a word. @rfc 3461 4.1 @rfc 2852 4.1.4 */
function mayBeTold({ parameters }: Lease, { recipient, settlement: { kind } }: Settled): boolean {
  const isSuccess = kind === 'delivered' || kind === 'relayed'
  return !isSuccess || has(recipient.parameters, 'NOTIFY') || has(parameters, 'BY')
}

function said({ settlement, circumstances }: Settled): Pick<ReportRecipient, 'because' | 'reply'> {
  return {
    ...('because' in settlement && { because: settlement.because + sentAs(circumstances.conversion) }),
    ...('reply' in settlement && settlement.reply !== undefined && { reply: settlement.reply }),
  }
}

/** A host may refuse content for a signature that broke on the way to it. */
function sentAs(conversion: Circumstances['conversion']): string {
  if (conversion === undefined) return ''
  const { to, breaks } = conversion
  return `; it was sent as ${to}${breaks.length === 0 ? '' : `, which broke ${breaks.join(', ')}`}`
}

/** One report about these recipients. */
async function spawned(
  lease: Lease,
  events: readonly Event[],
  now: Instant,
  { hostname, store, random, log, destinationOf, returnOctets }: ReportContext,
): Promise<Spawn | undefined> {
  const { id, reversePath, parameters, acceptedAt, priority } = lease
  try {
    const composed = composeReport({
      reportingHost: hostname,
      reversePath,
      parameters,
      recipients: events,
      content: await original(lease, store, returnOctets, log),
      arrival: acceptedAt,
      now,
      random,
      returnOctets,
    })
    if (composed === undefined) return undefined
    const { recipient: address, ...envelope } = composed.envelope
    const recipients = [{ address, parameters: [], destination: destinationOf(address) }]
    return { envelope: { ...envelope, recipients }, content: composed.content, options: { priority } }
  } catch (error) {
    // What was learned about the recipients counts more than the report: without it they would get the message again.
    const actions = [...new Set(events.map(({ action }) => action))]
    log.warn('report-failed', { id, actions, to: reversePath, error })
    return undefined
  }
}

function warned(one: Settled): Settled {
  return one.settlement.kind === 'deferred' ? { ...one, settlement: { ...one.settlement, warned: true } } : one
}
