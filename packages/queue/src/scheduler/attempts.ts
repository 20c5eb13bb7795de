import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { leaseRefOf } from '../lifecycle/entry.ts'
import type { DestinationKey, Instant, Lease, Millis, Settlement, SettleResult } from '../store/contract.ts'
import { Ahead } from './ahead.ts'
import type { Judgement, SchedulerLimits, SchedulerOptions, Standstill } from './contract.ts'
import type { Delivery, Waiting } from './deliveries.ts'
import { Deliveries } from './deliveries.ts'
import type { Claim, Gate } from './gate.ts'
import { judgeSettlement } from './judge.ts'
import { Outcomes } from './outcomes.ts'
import { Settler } from './settler.ts'
import { Suspects } from './suspects.ts'
import { Transit } from './transit.ts'

/** What attempts tell the scheduler. */
export interface AttemptEvents {
  /** A place has become free, or the store has heard of an outcome. */
  readonly freed: () => void
  /** Some work comes back at this time. */
  readonly deferred: (until: Instant) => void
  /** {@link Attempts.wakeAt} may be earlier than it was. */
  readonly timed: () => void
}

/** The places of a scheduler, and what becomes of each lease from the time it is in hand to the store's last word. */
export class Attempts {
  readonly #limits: SchedulerLimits
  readonly #gate: Gate
  readonly #events: AttemptEvents
  readonly #clock: Clock
  readonly #log: Log
  readonly #judge: (settlement: Settlement) => Judgement
  readonly #outcomes: Outcomes
  readonly #deliveries: Deliveries
  readonly #ahead = new Ahead()
  readonly #suspects = new Suspects()
  readonly #settler: Settler
  #active = 0
  #visiting = 0
  /** Ends the present wait of a drain. */
  #hurry: (() => void) | undefined

  constructor(options: SchedulerOptions, limits: SchedulerLimits, gate: Gate, events: AttemptEvents) {
    const { store, clock, log = silentLog } = options
    this.#limits = limits
    this.#gate = gate
    this.#events = events
    this.#clock = clock
    this.#log = log
    this.#judge = options.judge ?? judgeSettlement
    this.#outcomes = new Outcomes(options)
    this.#deliveries = new Deliveries(store, clock, log, limits.leaseMs)
    this.#settler = new Settler(store, clock, log, limits.storeRetryMs, limits.storeRetryMaxMs)
    this.#settler.onRest = () => events.timed()
  }

  /** Deliveries under way. */
  get active(): number {
    return this.#active
  }

  /** Decisions without an attempt that are under way. */
  get visiting(): number {
    return this.#visiting
  }

  /** Leases in hand that wait for a place. */
  get ahead(): number {
    return this.#ahead.size
  }

  /** Settlements not known to be in the store. */
  get settling(): number {
    return this.#settler.size
  }

  /** How many leases may be taken now: for free places, and to wait for one. */
  get room(): { readonly places: number; readonly ahead: number } {
    const rate = this.#gate.allRoom
    // Leases on their way are meant for places, as far as there are some.
    const coming = this.#gate.waiting - this.#ahead.size
    const places = Math.min(rate, Math.max(0, this.#places - coming))
    const ahead = this.#limits.ahead - this.#ahead.size - Math.max(0, coming - this.#places)
    return { places, ahead: Math.max(0, Math.min(ahead, rate - places)) }
  }

  /** All places are taken, and enough waits for them. */
  get isCrowded(): boolean {
    return this.#places === 0 && this.room.ahead <= this.#limits.ahead / 2
  }

  /** The level of what waits in hand, in all or of one destination, the highest if of several. */
  levelAhead(destination?: DestinationKey): number {
    const now = this.#clock.monotonic()
    return destination === undefined ? this.#ahead.highest(now) : this.#ahead.levelOf(destination, now)
  }

  /** When {@link Attempts.wake} is wanted, in monotonic time; infinite: not at all. */
  get wakeAt(): Millis {
    return Math.min(this.#settler.retryAt ?? Infinity, this.#deliveries.renewAt)
  }

  /** Brings to the store what waits for it, and renews leases. */
  wake(): void {
    this.#settler.poke()
    void this.#deliveries.renew().then(() => this.#events.timed())
  }

  /** Takes leases in hand for which room was taken; those of them that find a place begin at once. */
  receive(claim: Claim, leases: readonly Lease[], level: number): void {
    const now = this.#clock.monotonic()
    for (const lease of leases) {
      const waiting = this.#deliveries.add(lease, level, new Transit(this.#gate, this.#clock, lease, claim))
      const wait = this.#suspects.waitOf(waiting, now)
      if (wait > 0) this.#return(waiting, wait)
      else if (this.#outcomes.needNoAttempt(lease)) this.#decide(waiting, 'passed-over')
      else this.#ahead.add(waiting, now)
    }
    this.beginSome()
  }

  /** Has a lease decided without an attempt, for which no room was taken. */
  visit(lease: Lease): void {
    this.#visiting++
    const delivery = this.#deliveries.add(lease, 0, undefined)
    void this.#outcomes.decide(lease, 'passed-over').then((settlement) => {
      this.#visiting--
      this.#over(delivery, settlement)
    })
  }

  /** Returns a lease as it came. */
  giveBack(lease: Lease): void {
    this.#settler.add({ lease: leaseRefOf(lease), recipients: [] }, () => undefined)
  }

  /** Gives back what waits for a place, or what `which` picks by the first in line of a destination. */
  giveBackAhead(which?: (first: Waiting) => boolean): void {
    for (const waiting of this.#ahead.takeOut(which)) this.#return(waiting)
  }

  /** Waits for all that is under way; tells it to stop after the deadline, and gives back what does not. Never rejects. */
  async finish(deadlineMs: Millis): Promise<void> {
    await this.#emptyWithin(deadlineMs)
    if (this.#deliveries.underWay > 0) {
      for (const { abort } of this.#deliveries.unfinished()) abort.abort()
      await this.#emptyWithin(this.#limits.abortGraceMs)
    }
    for (const delivery of this.#deliveries.unfinished()) {
      this.#log.warn('delivery-given-up', leaseRefOf(delivery.lease))
      delivery.lost = true
      this.#deliveries.end(delivery)
      this.#settle(delivery, { lease: leaseRefOf(delivery.lease), recipients: [] })
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

  /** Places for deliveries that are free. */
  get #places(): number {
    // Outcomes that the store does not take would pile up: begin no more than it can hear of.
    const unheard = Math.max(0, this.#settler.size - this.#limits.concurrency)
    return Math.max(0, this.#limits.concurrency - this.#active - unheard)
  }

  /** Begins what finds a place. @param warm - destination that has just freed one. */
  beginSome(warm?: DestinationKey): void {
    while (this.#ahead.size > 0 && this.#places > 0) {
      const next = this.#ahead.next(warm, (of) => this.#gate.destinations.active(of), this.#clock.monotonic())
      if (next === undefined) return
      const now = this.#clock.monotonic()
      const until = next.lost ? now : next.transit.begin()
      if (until === undefined) this.#begin(next)
      else if (!next.lost && this.#outcomes.isOverdue(next.lease)) this.#decide(next, 'rate')
      else this.#return(next, until - now)
    }
  }

  #begin(delivery: Waiting): void {
    this.#active++
    void this.#outcomes.attempt(delivery).then((settlement) => {
      this.#active--
      const judgement = this.#judge(settlement)
      delivery.transit.end(judgement)
      // What waits for a way that is passed over now would wait in vain.
      if (judgement === 'failure') this.giveBackAhead((first) => first.transit.isPassedOver)
      this.#over(delivery, settlement)
    })
  }

  /** Has a lease decided without an attempt. It takes no place, but its room until that is done. */
  #decide(delivery: Waiting, why: Standstill): void {
    void this.#outcomes.decide(delivery.lease, why).then((settlement) => {
      delivery.transit.giveUp()
      this.#over(delivery, settlement)
    })
  }

  /** Gives back what has not begun, for now or for a while. */
  #return(delivery: Waiting, delay?: Millis): void {
    const { lease, transit, lost } = delivery
    transit.giveUp()
    this.#deliveries.end(delivery)
    if (lost) {
      this.#drop(delivery)
      return
    }
    const recipients =
      delay === undefined ? [] : lease.recipients.map(({ index }) => ({ index, kind: 'returned', delay }) as const)
    this.#settle(delivery, { lease: leaseRefOf(lease), recipients })
  }

  /** Its outcome is known. */
  #over(delivery: Delivery, settlement: Settlement): void {
    const { lease, lost } = delivery
    this.#deliveries.end(delivery)
    if (!lost) this.#settle(delivery, settlement)
    else {
      this.#log.warn('outcome-dropped', { ...leaseRefOf(lease), recipients: settlement.recipients })
      this.#drop(delivery)
    }
    this.beginSome(lease.destination)
    this.#events.freed()
  }

  /** The store has the last word on it, or will never have it. */
  #drop(delivery: Delivery): void {
    this.#deliveries.drop(delivery)
    this.#suspects.over(delivery)
  }

  #settle(delivery: Delivery, settlement: Settlement): void {
    this.#settler.add(settlement, (result: SettleResult | undefined) => {
      this.#drop(delivery)
      // Outcomes the store had not heard of may have been what held others back.
      this.#events.freed()
      if (result?.kind === 'stale') {
        this.#log.warn('outcome-dropped', { ...leaseRefOf(delivery.lease), recipients: settlement.recipients })
        return
      }
      if (result !== undefined && result.spawned.length > 0)
        this.#log.info('reported', { ...leaseRefOf(delivery.lease), reports: result.spawned })
      const now = this.#clock.now()
      for (const outcome of settlement.recipients)
        if ('delay' in outcome && outcome.delay !== undefined) this.#events.deferred(now + outcome.delay)
      this.#events.timed()
    })
  }
}
