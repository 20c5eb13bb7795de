import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { QueueError } from '../error.ts'
import { misuse } from '../store/check.ts'
import type { DestinationKey, Lease, LeaseRequest, Millis, QueueStore } from '../store/contract.ts'
import type { Share } from './allot.ts'
import { allot } from './allot.ts'
import { Attempts } from './attempts.ts'
import type {
  Hindrance,
  Reservation,
  Scheduler,
  SchedulerLimits,
  SchedulerOptions,
  SchedulerSnapshot,
} from './contract.ts'
import { defaultSchedulerLimits } from './contract.ts'
import { Destinations } from './destinations.ts'
import { Ready } from './ready.ts'

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
  readonly #destinations: Destinations
  readonly #ready: Ready
  readonly #attempts: Attempts
  #state: SchedulerSnapshot['state'] = 'idle'
  #looking: Promise<void> | undefined
  #lookAgain = false
  /** No place was free and work may have been waiting for one: the next are for it, not for what has just come. */
  #crowded = false
  #wakePending = false
  #cancelTimer: Cancel | undefined
  #timerAt: Millis = 0
  #stopListening: (() => void) | undefined
  #drained: Promise<void> | undefined
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
    this.#destinations = new Destinations(limits, options.random)
    this.#ready = new Ready(this.#store, this.#clock, this.#destinations)
    this.#attempts = new Attempts(options, limits, this.#destinations, {
      freed: () => this.#lookSoon(),
      deferred: (until) => this.#ready.expect(until),
      timed: () => this.#setTimer(),
    })
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
    if (this.#state !== 'running' || this.#crowded || this.#attempts.free < places.size) return undefined
    for (const destination of places)
      if (this.#destinations.room(destination) === 0 || this.#ready.has(destination)) return undefined
    for (const destination of places) this.#attempts.take(destination, 1)
    let begun = false
    return {
      begin: (leases) => {
        if (begun) throw misuse('begin', 'the reservation is over')
        begun = true
        for (const destination of places) this.#attempts.giveUp(destination, 1)
        this.#beginAll(leases, false)
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
      const cancel = this.#clock.after(Math.max(0, deadlineMs), () => this.#attempts.hurry())
      void this.#drained.then(cancel)
    }
    return this.#drained
  }

  async #drain(deadlineMs: Millis): Promise<void> {
    this.#state = 'draining'
    this.#stopListening?.()
    // Leases that are just coming in are given back as they arrive.
    await this.#looking
    await this.#attempts.finish(deadlineMs)
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
      active: this.#attempts.active,
      settling: this.#attempts.settling,
      destinations: [...this.#destinations.list()].map(({ coolUntil, ...rest }) => ({
        ...rest,
        coolUntil: coolUntil === undefined ? undefined : coolUntil + shift,
        nextHop: undefined,
      })),
      nextHops: [],
      ahead: 0,
    }
  }

  explain(): readonly Hindrance[] {
    return this.#state === 'running' ? [] : [{ kind: 'not-running', state: this.#state }]
  }

  /** One look at a time; whoever asks meanwhile gets another one after it. */
  #look(): void {
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#looking = this.#lookUntilDone().finally(() => {
      this.#looking = undefined
      // Asked for when the last round was over and this was not yet.
      if (this.#lookAgain) this.#lookSoon()
      this.#destinations.forgetIdle()
      this.#crowded = (this.#crowded || this.#attempts.free === 0) && this.#ready.waiting
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
    if (this.#attempts.free === 0 && !visits) return false
    await this.#ready.refresh(this.#attempts.free)
    const shares = allot(this.#ready.candidates(), this.#attempts.free, this.#clock.now())
    const asked = shares.map((share) => this.#lease(share))
    if (visits) asked.push(this.#visit(now))
    const got = await Promise.all(asked)
    this.#rest = 0
    return got.includes(true)
  }

  /** Tells whether there may be more to lease at once. */
  async #lease({ destination, limit, level }: Share): Promise<boolean> {
    this.#attempts.take(destination, limit)
    let leases: readonly Lease[] = []
    try {
      leases = await this.#request({ destination, limit, level })
    } finally {
      this.#attempts.giveUp(destination, limit)
    }
    this.#beginAll(leases, false)
    return this.#ready.leased(destination, limit, leases.length)
  }

  #beginAll(leases: readonly Lease[], visit: boolean): void {
    for (const lease of leases)
      if (this.#state === 'running') this.#attempts.begin(lease, visit)
      else this.#attempts.giveBack(lease)
  }

  #mayVisit(): boolean {
    return this.#options.withoutAttempt !== undefined && this.#attempts.visiting === 0
  }

  /** Has some work decided without an attempt. What it brings is no reason to look again at once. */
  async #visit(now: Millis): Promise<false> {
    const destination = this.#ready.takePassedOver()
    if (destination === undefined) return false
    this.#nextVisit = now + this.#limits.visitEveryMs
    const leases = await this.#request({ destination, limit: this.#limits.visitBatch })
    this.#beginAll(leases, true)
    // There may be more of it, behind the others.
    if (leases.length === this.#limits.visitBatch) this.#ready.passOver(destination)
    return false
  }

  #request(wanted: Pick<LeaseRequest, 'destination' | 'limit' | 'level'>): Promise<readonly Lease[]> {
    return this.#store.lease({ ...wanted, holder: this.#options.holder, duration: this.#limits.leaseMs })
  }

  /** The one timer: to the first of all that waits for time to pass. Too early does no harm, so it is only moved forward. */
  #setTimer(): void {
    if (this.#state !== 'running' && this.#state !== 'draining') return
    const monotonic = this.#clock.monotonic()
    let at = this.#attempts.wakeAt
    if (this.#state === 'running' && this.#looking === undefined) at = Math.min(at, this.#nextLook(monotonic))
    if (at === Infinity || (this.#cancelTimer !== undefined && this.#timerAt <= at)) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = this.#clock.after(Math.max(0, at - monotonic), () => {
      this.#cancelTimer = undefined
      this.#attempts.wake()
      this.#lookSoon()
    })
  }

  #nextLook(monotonic: Millis): Millis {
    if (this.#restUntil > monotonic) return this.#restUntil
    const at = this.#attempts.free > 0 ? (this.#ready.nextLook ?? Infinity) : Infinity
    return this.#mayVisit() && this.#ready.somePassedOver ? Math.min(at, this.#nextVisit) : at
  }
}
