import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { QueueError } from '../error.ts'
import { misuse } from '../store/check.ts'
import type { DestinationKey, Lease, Millis, QueueStore } from '../store/contract.ts'
import { Attempts } from './attempts.ts'
import type {
  Hindrance,
  NextHopSnapshot,
  Reservation,
  Scheduler,
  SchedulerLimits,
  SchedulerOptions,
  SchedulerSnapshot,
} from './contract.ts'
import { defaultSchedulerLimits } from './contract.ts'
import type { Claim } from './gate.ts'
import { Gate } from './gate.ts'
import { hindrancesAt } from './hindrances.ts'
import { Intake } from './intake.ts'
import { Ready } from './ready.ts'
import type { Ways } from './ways.ts'

/**
 * Makes a {@link Scheduler}; it does nothing before `start`.
 *
 * @throws RangeError for limits and rates under which nothing could ever run.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const limits = { ...defaultSchedulerLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits))
    if (!(value >= (name === 'ahead' ? 0 : 1))) throw new RangeError(`scheduler: ${name} is ${value}, expected more`)
  return new TwoLevelScheduler(options, limits)
}

class TwoLevelScheduler implements Scheduler {
  readonly #limits: SchedulerLimits
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #gate: Gate
  readonly #ready: Ready
  readonly #attempts: Attempts
  readonly #intake: Intake
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

  constructor(options: SchedulerOptions, limits: SchedulerLimits) {
    this.#limits = limits
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.#gate = new Gate(options, limits)
    this.#ready = new Ready(this.#store, this.#clock, this.#gate)
    this.#attempts = new Attempts(options, limits, this.#gate, {
      freed: () => this.#lookSoon(),
      deferred: (until) => this.#ready.expect(until),
      timed: () => this.#setTimer(),
    })
    this.#intake = new Intake(options, limits, this.#gate, this.#ready, this.#attempts, () => this.#state === 'running')
  }

  start(): void {
    if (this.#state !== 'idle') throw misuse('start', `the scheduler is ${this.#state}`)
    this.#state = 'running'
    this.#stopListening = this.#store.onWork((urgent) => {
      if (urgent) this.#gate.forgive()
      this.wake()
    })
    this.wake()
  }

  reserve(destinations: readonly DestinationKey[]): Reservation | undefined {
    const wanted = new Set(destinations)
    const { places, ahead } = this.#attempts.room
    if (this.#state !== 'running' || this.#crowded || places + ahead < wanted.size) return undefined
    for (const destination of wanted)
      if (!this.#gate.hasRoom(destination) || this.#ready.has(destination)) return undefined
    const claims = new Map<DestinationKey, Claim>()
    for (const destination of wanted) claims.set(destination, this.#intake.take(destination, 1))
    let begun = false
    return {
      begin: (leases) => {
        if (begun) throw misuse('begin', 'the reservation is over')
        begun = true
        const of = new Map(leases.map((lease) => [lease.destination, lease]))
        for (const [destination, claim] of claims) {
          const lease = of.get(destination)
          this.#intake.received(claim, 1, lease === undefined ? [] : [lease], lease?.priority ?? 0)
        }
        // Room nobody took may be what others wait for.
        if (leases.length < claims.size) this.#lookSoon()
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
    this.#attempts.giveBackAhead()
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
    const { active, settling, ahead } = this.#attempts
    return {
      state: this.#state,
      active,
      settling,
      destinations: this.#ways(this.#gate.destinations, (destination) => ({
        destination,
        nextHop: this.#gate.hopOf(destination),
      })),
      nextHops: this.#ways(this.#gate.nextHops, (nextHop) => ({ nextHop })),
      ahead,
    }
  }

  #ways<N>(ways: Ways, named: (key: string) => N): readonly (N & Omit<NextHopSnapshot, 'nextHop'>)[] {
    const now = this.#clock.monotonic()
    return [...ways.list()].map(({ key, active, window, coolUntil }) => {
      const coolsUntil = coolUntil === undefined || coolUntil <= now ? undefined : coolUntil + this.#shift
      return { ...named(key), active, window, coolUntil: coolsUntil }
    })
  }

  /** From monotonic time to that of the clock on the wall. */
  get #shift(): Millis {
    return this.#clock.now() - this.#clock.monotonic()
  }

  explain(work: Pick<Lease, 'destination' | 'sender' | 'source'>): readonly Hindrance[] {
    if (this.#state !== 'running') return [{ kind: 'not-running', state: this.#state }]
    const now = this.#clock.monotonic()
    const found: Hindrance[] = []
    if (this.#restUntil > now) found.push({ kind: 'store-failed', until: this.#restUntil + this.#shift })
    const { active } = this.#attempts
    const { concurrency: window } = this.#limits
    if (active >= window) found.push({ kind: 'full', by: 'all', active, window })
    return [...found, ...hindrancesAt(this.#gate, work, now, this.#shift)]
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
      this.#gate.forgetIdle()
      this.#crowded = (this.#crowded || this.#attempts.isCrowded) && this.#ready.waiting
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

  /** Tells whether another round may bring more at once. */
  async #round(): Promise<boolean> {
    if (this.#state !== 'running' || this.#clock.monotonic() < this.#restUntil) return false
    const more = await this.#intake.round()
    this.#rest = 0
    return more
  }

  /** The one timer: to the first of all that waits for time to pass. Too early does no harm, so it is only moved forward. */
  #setTimer(): void {
    if (this.#state !== 'running' && this.#state !== 'draining') return
    const monotonic = this.#clock.monotonic()
    let at = this.#attempts.wakeAt
    if (this.#state === 'running' && this.#looking === undefined)
      at = Math.min(at, this.#restUntil > monotonic ? this.#restUntil : this.#intake.nextRound)
    if (at === Infinity || (this.#cancelTimer !== undefined && this.#timerAt <= at)) return
    this.#cancelTimer?.()
    this.#timerAt = at
    this.#cancelTimer = this.#clock.after(Math.max(0, at - monotonic), () => {
      this.#cancelTimer = undefined
      this.#attempts.wake()
      this.#lookSoon()
    })
  }
}
