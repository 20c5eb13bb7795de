import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { QueueError } from '../error.ts'
import { checkSettlement } from '../lifecycle/settle.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { createSchedule } from '../schedule/schedule.ts'
import { misuse } from '../store/check.ts'
import type { DestinationKey, Lease, Millis, QueueStore, Settlement, SettleResult } from '../store/contract.ts'
import { allot } from './allot.ts'
import type {
  Judgement,
  Reservation,
  Scheduler,
  SchedulerLimits,
  SchedulerOptions,
  SchedulerSnapshot,
} from './contract.ts'
import { defaultSchedulerLimits } from './contract.ts'
import type { Delivery } from './deliveries.ts'
import { Deliveries, reference } from './deliveries.ts'
import { Destinations } from './destinations.ts'
import { judgeSettlement } from './judge.ts'
import { Ready } from './ready.ts'
import { Settler } from './settler.ts'

/**
 * Makes a {@link Scheduler}; it does nothing before `start`.
 *
 * @throws RangeError for limits under which nothing could ever run.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const limits = { ...defaultSchedulerLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits))
    if (!(value >= 1)) throw new RangeError(`scheduler: ${name} is ${value}, expected at least 1`)
  return new TwoLevelScheduler(options, limits)
}

class TwoLevelScheduler implements Scheduler {
  readonly #options: SchedulerOptions
  readonly #limits: SchedulerLimits
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #schedule: Schedule
  readonly #judge: (settlement: Settlement) => Judgement
  readonly #destinations: Destinations
  readonly #deliveries: Deliveries
  readonly #ready: Ready
  readonly #settler: Settler
  #state: SchedulerSnapshot['state'] = 'idle'
  /** Places taken, by deliveries and by leases on their way. */
  #active = 0
  #visiting = 0
  #looking: Promise<void> | undefined
  #lookAgain = false
  #wakePending = false
  #cancelTimer: Cancel | undefined
  #timerAt: Millis = 0
  #stopListening: (() => void) | undefined
  #drained: Promise<void> | undefined
  /** Ends the present wait of a drain. */
  #hurry: (() => void) | undefined
  /** By the monotonic clock: not before then. */
  #restUntil: Millis = 0
  #rest: Millis = 0
  #nextVisit: Millis = 0

  constructor(options: SchedulerOptions, limits: SchedulerLimits) {
    this.#options = options
    this.#limits = limits
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.#schedule = options.schedule ?? createSchedule({ random: options.random })
    this.#judge = options.judge ?? judgeSettlement
    this.#destinations = new Destinations(limits, options.random)
    this.#ready = new Ready(this.#store, this.#clock, this.#destinations)
    this.#deliveries = new Deliveries(this.#store, this.#clock, this.#log, limits.leaseMs)
    this.#settler = new Settler(this.#store, this.#clock, this.#log, limits.storeRetryMs, limits.storeRetryMaxMs)
    this.#settler.onRest = () => this.#setTimer()
  }

  start(): void {
    if (this.#state !== 'idle') throw misuse('start', `the scheduler is ${this.#state}`)
    this.#state = 'running'
    this.#stopListening = this.#store.onWork((urgent) => {
      if (urgent) this.#destinations.forgive()
      this.wake()
    })
    this.wake()
  }

  reserve(destinations: readonly DestinationKey[]): Reservation | undefined {
    const places = new Set(destinations)
    if (this.#state !== 'running' || this.#free() < places.size) return undefined
    for (const destination of places) if (this.#destinations.room(destination) === 0) return undefined
    this.#active += places.size
    for (const destination of places) this.#destinations.take(destination, 1)
    let begun = false
    return {
      begin: (leases) => {
        if (begun) throw misuse('begin', 'the reservation is over')
        begun = true
        this.#active -= places.size
        for (const destination of places) this.#destinations.free(destination, 1)
        this.#deliverAll(leases)
        // A place nobody took may be what others wait for.
        if (leases.length < places.size) this.#lookSoon()
        this.#setTimer()
      },
    }
  }

  wake(): void {
    this.#ready.outdate()
    this.#lookSoon()
  }

  #lookSoon(): void {
    if (this.#state !== 'running' || this.#wakePending) return
    this.#wakePending = true
    void Promise.resolve().then(() => {
      this.#wakePending = false
      this.#look()
    })
  }

  drain(deadlineMs: Millis): Promise<void> {
    if (this.#drained === undefined) this.#drained = this.#drain(deadlineMs)
    else {
      const cancel = this.#clock.after(Math.max(0, deadlineMs), () => this.#hurry?.())
      void this.#drained.then(cancel)
    }
    return this.#drained
  }

  async #drain(deadlineMs: Millis): Promise<void> {
    this.#state = 'draining'
    this.#stopListening?.()
    // Leases that are just coming in are given back as they arrive.
    await this.#looking
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
    this.#state = 'stopped'
    this.#cancelTimer?.()
  }

  stop(): Promise<void> {
    return this.drain(0)
  }

  snapshot(): SchedulerSnapshot {
    const monotonic = this.#clock.monotonic()
    const shift = this.#clock.now() - monotonic
    this.#destinations.warm(monotonic)
    return {
      state: this.#state,
      active: this.#active,
      settling: this.#settler.size,
      destinations: [...this.#destinations.list()].map(({ coolUntil, ...rest }) => ({
        ...rest,
        coolUntil: coolUntil === undefined ? undefined : coolUntil + shift,
      })),
    }
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

  /** One look at a time; whoever asks meanwhile gets another one after it. */
  #look(): void {
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#lookUntilDone().finally(() => {
      this.#looking = undefined
      this.#setTimer()
    })
  }

  async #lookUntilDone(): Promise<void> {
    try {
      do this.#lookAgain = false
      while (((await this.#round()) || this.#lookAgain) && this.#state === 'running')
    } catch (error) {
      if (QueueError.is(error, 'QUEUE_CLOSED') && this.#state !== 'running') return
      this.#rest = Math.min(this.#limits.storeRetryMaxMs, this.#rest === 0 ? this.#limits.storeRetryMs : this.#rest * 2)
      this.#restUntil = this.#clock.monotonic() + this.#rest
      this.#log.warn('store-failed', { operation: 'lease', pauseMs: this.#rest, error })
    }
  }

  /** Asks what is due and leases what fits; tells whether asking again at once may bring more. */
  async #round(): Promise<boolean> {
    const now = this.#clock.monotonic()
    if (this.#state !== 'running' || now < this.#restUntil) return false
    const visits = this.#mayVisit() && now >= this.#nextVisit
    if (this.#free() === 0 && !visits) return false
    await this.#ready.refresh(this.#free())
    const shares = allot(this.#ready.candidates(), this.#free())
    const asked = shares.map(({ destination, limit }) => this.#lease(destination, limit))
    if (visits) asked.push(this.#visit(now))
    const got = await Promise.all(asked)
    this.#rest = 0
    return got.some((count) => count > 0)
  }

  #free(): number {
    // Outcomes that the store does not take would pile up: begin no more than it can hear of.
    const unheard = Math.max(0, this.#settler.size - this.#limits.concurrency)
    return Math.max(0, this.#limits.concurrency - this.#active - unheard)
  }

  async #lease(destination: DestinationKey, limit: number): Promise<number> {
    this.#active += limit
    this.#destinations.take(destination, limit)
    let leases: readonly Lease[] = []
    try {
      leases = await this.#request(destination, limit)
      if (leases.length < limit) this.#ready.exhausted(destination, leases.length)
    } finally {
      this.#active -= limit
      this.#destinations.free(destination, limit)
    }
    this.#deliverAll(leases)
    return leases.length
  }

  #deliverAll(leases: readonly Lease[]): void {
    for (const lease of leases)
      if (this.#state === 'running') this.#deliver(lease, false)
      else this.#giveBack(lease)
  }

  #mayVisit(): boolean {
    return this.#options.withoutAttempt !== undefined && this.#visiting === 0
  }

  /** Has some work decided without an attempt. Answers 0: what it brings is no reason to look again at once. */
  async #visit(now: Millis): Promise<number> {
    const destination = this.#ready.takePassedOver()
    if (destination === undefined) return 0
    this.#nextVisit = now + this.#limits.visitEveryMs
    const leases = await this.#request(destination, this.#limits.visitBatch)
    for (const lease of leases)
      if (this.#state === 'running') this.#deliver(lease, true)
      else this.#giveBack(lease)
    // There may be more of it, behind the others.
    if (leases.length === this.#limits.visitBatch) this.#ready.passOver(destination)
    return 0
  }

  #request(destination: DestinationKey, limit: number): Promise<readonly Lease[]> {
    const { holder } = this.#options
    return this.#store.lease({ destination, holder, duration: this.#limits.leaseMs, limit })
  }

  #deliver(lease: Lease, visit: boolean): void {
    const delivery = this.#deliveries.begin(lease, visit)
    if (visit) this.#visiting++
    else {
      this.#active++
      this.#destinations.take(lease.destination, 1)
    }
    void this.#outcome(delivery).then((settlement) => this.#ended(delivery, settlement))
  }

  /** What `deliver` says, or a deferral when it says nothing usable. Never rejects. */
  async #outcome(delivery: Delivery): Promise<Settlement> {
    const { lease, abort, visit } = delivery
    const { deliver, withoutAttempt } = this.#options
    try {
      const settlement = await (visit && withoutAttempt ? withoutAttempt(lease) : deliver(lease, abort))
      checkAgainst(lease, settlement)
      return settlement
    } catch (error) {
      this.#log.warn('delivery-failed', { ...reference(lease), error })
      return this.#deferral(lease)
    }
  }

  #deferral(lease: Lease): Settlement {
    const now = this.#clock.now()
    return {
      lease: reference(lease),
      recipients: lease.recipients.map(({ index, attempts }) => {
        const next = this.#schedule.nextAttempt({ attempts, acceptedAt: lease.acceptedAt, now })
        // Giving up takes a report to the sender, which is not ours to write.
        const delay = next.kind === 'retry' ? next.delay : this.#schedule.policy.maxMs
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
    this.#lookSoon()
  }

  #giveBack(lease: Lease): void {
    this.#settler.add({ lease: reference(lease), recipients: [] }, () => undefined)
  }

  #settle(delivery: Delivery, settlement: Settlement): void {
    this.#settler.add(settlement, (result: SettleResult | undefined) => {
      this.#deliveries.drop(delivery)
      // Outcomes the store had not heard of may have been what held us back.
      this.#lookSoon()
      if (result?.kind === 'stale') {
        this.#log.warn('outcome-dropped', { ...reference(delivery.lease), recipients: settlement.recipients })
        return
      }
      if (result !== undefined && result.spawned.length > 0)
        this.#log.info('reported', { ...reference(delivery.lease), reports: result.spawned })
      const now = this.#clock.now()
      for (const outcome of settlement.recipients)
        if (outcome.kind === 'deferred') this.#ready.expect(now + outcome.delay)
      this.#setTimer()
    })
  }

  /** The one timer: to the first of all that waits for time to pass. Too early does no harm, so it is only moved forward. */
  #setTimer(): void {
    if (this.#state !== 'running' && this.#state !== 'draining') return
    const monotonic = this.#clock.monotonic()
    let at = Math.min(this.#settler.retryAt ?? Infinity, this.#deliveries.renewAt ?? Infinity)
    if (this.#state === 'running' && this.#looking === undefined) at = Math.min(at, this.#nextLook(monotonic))
    if (at === Infinity || (this.#cancelTimer !== undefined && this.#timerAt <= at)) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = this.#clock.after(Math.max(0, at - monotonic), () => {
      this.#cancelTimer = undefined
      this.#settler.poke()
      void this.#deliveries.renew().then(() => this.#setTimer())
      this.#lookSoon()
    })
  }

  #nextLook(monotonic: Millis): Millis {
    if (this.#restUntil > monotonic) return this.#restUntil
    const at = this.#free() > 0 ? (this.#ready.nextLook ?? Infinity) : Infinity
    return this.#mayVisit() && this.#ready.somePassedOver ? Math.min(at, this.#nextVisit) : at
  }
}

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
