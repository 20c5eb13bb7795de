import {
  type AbortLike,
  type DestinationKey,
  type Lease,
  type Log,
  type Settlement,
  type Standstill,
  silentLog,
} from '@angarium/queue'
import { type ClientLimits, clientLimits, parseDomain } from '@angarium/smtp-wire'
import { Attempt, type AttemptContext } from './attempt/attempt.ts'
import { contentOf } from './attempt/content.ts'
import { Preparation } from './attempt/preparation.ts'
import { type ReportContext, type Reported, report } from './bounce/reports.ts'
import {
  type Delivery,
  type DeliveryLimits,
  type DeliveryOptions,
  type DeliveryPassage,
  type DeliverySnapshot,
  defaultDeliveryLimits,
} from './contract.ts'
import { DeliveryError } from './error.ts'
import { deliverLocally, localPrefix, noMailboxes } from './local/local.ts'
import { isTimeUp, tooLate } from './outcome/deadline.ts'
import { givenUp, withoutGivenUp } from './outcome/given-up.ts'
import { tell } from './outcome/log.ts'
import { deferred, failed, type Outcome } from './outcome/outcome.ts'
import { allOf, plain, type Result } from './outcome/result.ts'
import { isGivenUp, settleResult } from './outcome/settle.ts'
import { requiresTls } from './plan/plan.ts'
import { Room } from './plan/room.ts'
import { ordered } from './route/order.ts'
import { RecentRoutings } from './route/recent.ts'
import type { Hosts, NextHop, Routing } from './route/route.ts'
import { Self } from './route/self.ts'
import { Pool } from './transport/pool.ts'
import { Stop } from './transport/stop.ts'
import { targetsOf } from './transport/target.ts'
import { type Way, wayOf } from './way.ts'

/**
 * Makes a {@link Delivery}. It does nothing by itself: plug `deliver` and `withoutAttempt` into a scheduler.
 *
 * @throws DeliveryError DELIVERY_OPTION
 */
export function createDelivery(options: DeliveryOptions): Delivery {
  const limits = { ...defaultDeliveryLimits, ...options.limits }
  const sessionLimits = { ...clientLimits, ...options.sessionLimits }
  const refuse = (option: string, because: string): never => {
    throw new DeliveryError('DELIVERY_OPTION', `${option}: ${because}`, { option, because })
  }
  if (parseDomain(options.hostname) === undefined) refuse('hostname', 'it is no domain name')
  if (options.families?.length === 0) refuse('families', 'none is left')
  const { reply, ...bounds } = sessionLimits
  for (const [option, all] of Object.entries({ limits, sessionLimits: bounds, 'sessionLimits.reply': reply }))
    for (const [name, value] of Object.entries(all))
      if (!(value >= 1)) refuse(`${option}.${name}`, `it is ${value}, expected at least 1`)
  return new LeaseDelivery(options, limits, sessionLimits)
}

class LeaseDelivery implements Delivery {
  readonly #options: DeliveryOptions
  readonly #log: Log
  readonly #pool: Pool
  readonly #routings: RecentRoutings
  readonly #maxAddresses: number
  readonly #attempts: AttemptContext
  readonly #reports: ReportContext
  /** Ways to end the leases in hand. */
  readonly #active = new Set<Stop>()
  #emptied: (() => void) | undefined
  /** Once told to close: when all is over. */
  #closed: Promise<void> | undefined

  constructor(options: DeliveryOptions, limits: DeliveryLimits, sessionLimits: ClientLimits) {
    const { hostname, resolver, dialer, clock, random, schedule, store, destinationOf, route } = options
    const { identity = {}, extensions = [], families = ['ipv6', 'ipv4'], port = 25, log = silentLog } = options
    const self = new Self(hostname, identity)
    const pool = new Pool(clock, limits)
    this.#options = options
    this.#log = log
    this.#pool = pool
    this.#maxAddresses = limits.addresses
    const routing = {
      resolver,
      self,
      families,
      allowLoopback: options.allowLoopback ?? false,
      port,
      maxAddresses: limits.addresses,
      maxExchangers: limits.exchangers,
    }
    this.#routings = new RecentRoutings(route ?? (() => undefined), routing, clock)
    this.#attempts = {
      hostname,
      dialer,
      clock,
      log,
      extensions,
      connectMs: limits.connectMs,
      sessionLimits,
      leave: (connection) => pool.leave(connection),
      self,
      pool,
      convert: options.convert ?? 'when-needed',
      room: new Room(limits.convertOctets),
      maxSessions: limits.sessions,
      maxRecipients: limits.recipients,
    }
    this.#reports = { hostname, store, random, schedule, log, destinationOf, returnOctets: limits.returnOctets }
  }

  readonly deliver = async (lease: Lease, signal: AbortLike, passage: DeliveryPassage): Promise<Settlement> => {
    if (this.#closed !== undefined) throw new DeliveryError('DELIVERY_CLOSED', 'deliver after close', { id: lease.id })
    const stop = new Stop(signal)
    this.#active.add(stop)
    try {
      return await this.#conclude(lease, await this.#attempt(withoutGivenUp(lease), stop, passage), true)
    } finally {
      stop.release()
      this.#active.delete(stop)
      if (this.#active.size === 0) this.#emptied?.()
    }
  }

  readonly withoutAttempt = async (lease: Lease, why: Standstill): Promise<Settlement> => {
    const { id, destination, recipients } = withoutGivenUp(lease)
    const [status, because] = standstills[why](destination)
    if (recipients.length > 0) this.#log.info('not-attempted', { id, destination, because })
    // What the last attempt met is what an operator and the sender want to know.
    const results = recipients.map((recipient) => ({
      recipient,
      outcome: deferred(status, recipient.lastBecause ?? because, recipient.lastReply),
      circumstances: plain,
    }))
    return this.#conclude(lease, results, false)
  }

  readonly explain = async (
    destination: DestinationKey,
    { reversePath, parameters }: Pick<Lease, 'reversePath' | 'parameters'> = { reversePath: '', parameters: [] },
  ): Promise<Way> => {
    if (destination.startsWith(localPrefix))
      return this.#options.mailboxes === undefined ? noMailboxes() : { kind: 'local', nextHop: destination }
    const tlsRequired = requiresTls(reversePath, parameters)
    const found = certain(await this.#routings.locate(destination), destination, tlsRequired)
    return found.kind === 'hosts' ? wayOf(found, this.#order(found), tlsRequired, this.#pool) : found
  }

  readonly close = (): Promise<void> => {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    for (const stop of this.#active) stop.now()
    if (this.#active.size > 0)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
    await this.#pool.close()
  }

  readonly snapshot = (): DeliverySnapshot => ({ active: this.#active.size, idleSessions: this.#pool.size })

  /**
   * One result for every recipient, or none at all where there is no place for them. Never rejects: a fault of our own
   * defers the recipients, and the schedule ends that some day.
   */
  async #attempt(lease: Lease, stop: Stop, passage: DeliveryPassage): Promise<readonly Result[]> {
    if (lease.recipients.length === 0) return []
    const content = contentOf(lease, this.#options.store)
    const all = (outcome: Outcome): readonly Result[] => allOf(lease.recipients, outcome)
    try {
      if (isTimeUp(lease, this.#options.clock.now()))
        return lease.recipients.map((recipient) => ({
          recipient,
          outcome: tooLate(recipient.lastBecause, recipient.lastReply),
          circumstances: plain,
        }))
      if (lease.destination.startsWith(localPrefix)) {
        if (!(await passage.enter(lease.destination))) return []
        const { mailboxes } = this.#options
        const preparation = new Preparation(lease, content, this.#attempts, stop)
        try {
          return await deliverLocally(lease, content, { mailboxes, log: this.#log, preparation }, stop)
        } finally {
          preparation.release()
        }
      }
      const tlsRequired = requiresTls(lease.reversePath, lease.parameters)
      const located = this.#routings.locate(lease.destination)
      const found = certain(located instanceof Promise ? await located : located, lease.destination, tlsRequired)
      if (found.kind !== 'hosts') return all(found)
      if (!(await passage.enter(found.nextHop))) return []
      const targets = this.#order(found).flatMap((host) => targetsOf(found, host, tlsRequired))
      return await new Attempt(lease, content, this.#attempts, stop).run(targets)
    } catch (error) {
      this.#log.warn('delivery-error', { id: lease.id, destination: lease.destination, error })
      return all(deferred('4.3.0', 'internal error while delivering'))
    }
  }

  /** The hosts as one attempt tries them. */
  #order({ hosts }: Hosts): readonly NextHop[] {
    return ordered(hosts, this.#options.random, this.#maxAddresses)
  }

  /** Settles, logs and reports, with those whom an operator gave up. What was not attempted is logged only when given up. */
  #conclude(lease: Lease, results: readonly Result[], attempted: boolean): Settlement | Promise<Settlement> {
    const { schedule, clock } = this.#options
    const now = clock.now()
    const settled = [...givenUp(lease), ...results].map((result) => settleResult(lease, result, schedule, now))
    for (const one of settled) if (attempted || isGivenUp(one.settlement)) tell(this.#log, lease, one, now)
    const reported = report(lease, settled, now, this.#reports)
    return reported instanceof Promise
      ? reported.then((one) => settlementOf(lease, one))
      : settlementOf(lease, reported)
  }
}

function settlementOf({ id, destination, fence }: Lease, { settled, spawn }: Reported): Settlement {
  return { lease: { id, destination, fence }, recipients: settled.map(({ settlement }) => settlement), spawn }
}

/**
 * Where the sender demands verified TLS, no certificate proves a host that DNS alone named, in an answer that anyone could
 * have made.
 *
 * @rfc 8689 4.2.1
 */
function certain(found: Routing, destination: DestinationKey, tlsRequired: boolean): Routing {
  if (!tlsRequired || found.kind !== 'hosts' || found.authentic || found.by === 'route') return found
  return failed(
    '5.7.10',
    `the sender demands verified TLS, and DNS does not prove which hosts take mail for ${destination}`,
  )
}

/** Why nothing was attempted. @rfc 3463 3.5 */
const standstills: { readonly [W in Standstill]: (of: DestinationKey) => readonly [status: `4.4.${number}`, string] } =
  {
    'passed-over': (destination) => ['4.4.1', `${destination} could not be reached lately`],
    rate: () => ['4.4.5', 'a rate limit of this host holds it back'],
  }
