import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { checkSettlement } from '../lifecycle/settle.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { createSchedule } from '../schedule/schedule.ts'
import { misuse } from '../store/check.ts'
import type { DestinationKey, Instant, Lease, Millis, Settlement, SettleResult } from '../store/contract.ts'
import type { Judgement, Passage, SchedulerLimits, SchedulerOptions } from './contract.ts'
import type { Delivery } from './deliveries.ts'
import { Deliveries, reference } from './deliveries.ts'
import type { Destinations } from './destinations.ts'
import { judgeSettlement } from './judge.ts'
import { Settler } from './settler.ts'

/** What attempts tell the scheduler. */
export interface AttemptEvents {
  /** A place has become free, or the store has heard of an outcome. */
  readonly freed: () => void
  /** Some work comes back at this time. */
  readonly deferred: (until: Instant) => void
  /** {@link Attempts.wakeAt} may be earlier than it was. */
  readonly timed: () => void
}

/** The places of a scheduler, and what becomes of each lease from the first word to `deliver` to the store's last. */
export class Attempts {
  readonly #options: SchedulerOptions
  readonly #limits: SchedulerLimits
  readonly #destinations: Destinations
  readonly #events: AttemptEvents
  readonly #clock: Clock
  readonly #log: Log
  readonly #schedule: Schedule
  readonly #judge: (settlement: Settlement) => Judgement
  readonly #deliveries: Deliveries
  readonly #settler: Settler
  /** Places taken, by deliveries and by leases on their way. */
  #active = 0
  #visiting = 0
  /** Ends the present wait of a drain. */
  #hurry: (() => void) | undefined

  constructor(options: SchedulerOptions, limits: SchedulerLimits, destinations: Destinations, events: AttemptEvents) {
    const { store, clock, log = silentLog } = options
    this.#options = options
    this.#limits = limits
    this.#destinations = destinations
    this.#events = events
    this.#clock = clock
    this.#log = log
    this.#schedule = options.schedule ?? createSchedule({ random: options.random })
    this.#judge = options.judge ?? judgeSettlement
    this.#deliveries = new Deliveries(store, clock, log, limits.leaseMs)
    this.#settler = new Settler(store, clock, log, limits.storeRetryMs, limits.storeRetryMaxMs)
    this.#settler.onRest = () => events.timed()
  }

  get active(): number {
    return this.#active
  }

  /** Decisions without an attempt that are under way. */
  get visiting(): number {
    return this.#visiting
  }

  /** Settlements not known to be in the store. */
  get settling(): number {
    return this.#settler.size
  }

  /** Free places. */
  get free(): number {
    // Outcomes that the store does not take would pile up: begin no more than it can hear of.
    const unheard = Math.max(0, this.#settler.size - this.#limits.concurrency)
    return Math.max(0, this.#limits.concurrency - this.#active - unheard)
  }

  /** When {@link Attempts.wake} is wanted, in monotonic time; infinite: not at all. */
  get wakeAt(): Millis {
    return Math.min(this.#settler.retryAt ?? Infinity, this.#deliveries.renewAt ?? Infinity)
  }

  /** Brings to the store what waits for it, and renews leases. */
  wake(): void {
    this.#settler.poke()
    void this.#deliveries.renew().then(() => this.#events.timed())
  }

  /** Sets places aside for leases on their way. */
  take(destination: DestinationKey, places: number): void {
    this.#active += places
    this.#destinations.take(destination, places)
  }

  /** Ends a {@link Attempts.take}. */
  giveUp(destination: DestinationKey, places: number): void {
    this.#active -= places
    this.#destinations.free(destination, places)
  }

  /** @param visit - decide it without an attempt; takes no place. */
  begin(lease: Lease, visit: boolean): void {
    const delivery = this.#deliveries.begin(lease, visit)
    if (visit) this.#visiting++
    else this.take(lease.destination, 1)
    void this.#outcome(delivery).then((settlement) => this.#ended(delivery, settlement))
  }

  /** Returns a lease as it came. */
  giveBack(lease: Lease): void {
    this.#settler.add({ lease: reference(lease), recipients: [] }, () => undefined)
  }

  /** Waits for all that is under way; tells it to stop after the deadline, and gives back what does not. Never rejects. */
  async finish(deadlineMs: Millis): Promise<void> {
    await this.#emptyWithin(deadlineMs)
    if (this.#deliveries.underWay > 0) {
      for (const { abort } of this.#deliveries.unfinished()) abort.abort()
      await this.#emptyWithin(this.#limits.abortGraceMs)
    }
    for (const delivery of this.#deliveries.unfinished()) {
      this.#log.warn('delivery-given-up', reference(delivery.lease))
      delivery.lost = true
      this.#deliveries.end(delivery)
      this.#settle(delivery, { lease: reference(delivery.lease), recipients: [] })
    }
    await this.#settler.finish()
  }

  /** Ends the present wait of {@link Attempts.finish}. */
  hurry(): void {
    this.#hurry?.()
  }

  async #emptyWithin(limit: Millis): Promise<void> {
    let cancel: Cancel | undefined
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(Math.max(0, limit), resolve)
      this.#hurry = resolve
    })
    await Promise.race([this.#deliveries.empty(), late])
    cancel?.()
  }

  /** What `deliver` says, or a deferral when it says nothing usable. Never rejects. */
  async #outcome(delivery: Delivery): Promise<Settlement> {
    const { lease, abort, visit } = delivery
    const { deliver, withoutAttempt } = this.#options
    try {
      const settlement = await (visit && withoutAttempt ? withoutAttempt(lease) : deliver(lease, abort, passage))
      checkAgainst(lease, settlement)
      return settlement
    } catch (error) {
      this.#log.warn('delivery-failed', { ...reference(lease), error })
      return this.#deferral(lease)
    }
  }

  #deferral(lease: Lease): Settlement {
    const { acceptedAt, destination } = lease
    const now = this.#clock.now()
    return {
      lease: reference(lease),
      recipients: lease.recipients.map(({ index, attempts, notBefore }) => {
        const next = this.#schedule.nextAttempt({ destination, attempts, acceptedAt, notBefore, now })
        // Giving up takes a report to the sender, which is not ours to write.
        const delay = next.kind === 'retry' ? next.delay : this.#schedule.policyFor(destination).maxMs
        return { index, kind: 'deferred', delay, because: 'internal error while delivering' }
      }),
    }
  }

  #ended(delivery: Delivery, settlement: Settlement): void {
    const { lease, visit, lost } = delivery
    this.#deliveries.end(delivery)
    if (visit) this.#visiting--
    else {
      this.#active--
      this.#destinations.ended(lease.destination, this.#judge(settlement), this.#clock.monotonic())
    }
    if (!lost) this.#settle(delivery, settlement)
    else {
      this.#log.warn('outcome-dropped', { ...reference(lease), recipients: settlement.recipients })
      this.#deliveries.drop(delivery)
    }
    this.#events.freed()
  }

  #settle(delivery: Delivery, settlement: Settlement): void {
    this.#settler.add(settlement, (result: SettleResult | undefined) => {
      this.#deliveries.drop(delivery)
      // Outcomes the store had not heard of may have been what held others back.
      this.#events.freed()
      if (result?.kind === 'stale') {
        this.#log.warn('outcome-dropped', { ...reference(delivery.lease), recipients: settlement.recipients })
        return
      }
      if (result !== undefined && result.spawned.length > 0)
        this.#log.info('reported', { ...reference(delivery.lease), reports: result.spawned })
      const now = this.#clock.now()
      for (const outcome of settlement.recipients)
        if (outcome.kind === 'deferred') this.#events.deferred(now + outcome.delay)
      this.#events.timed()
    })
  }
}

const passage: Passage = { enter: () => true }

/** @throws QueueError QUEUE_MISUSE when the settlement is not one of this lease. */
function checkAgainst(lease: Lease, settlement: Settlement): void {
  checkSettlement(settlement)
  const { id, destination, fence } = settlement.lease
  if (id !== lease.id || destination !== lease.destination || fence !== lease.fence)
    throw misuse('settle', 'the settlement is for another lease')
  const indexes = new Set(lease.recipients.map(({ index }) => index))
  for (const { index } of settlement.recipients)
    if (!indexes.has(index)) throw misuse('settle', `recipient ${index} is not part of the lease`)
}
