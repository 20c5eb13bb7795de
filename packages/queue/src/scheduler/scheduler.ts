import type { Cancel, Clock, Log } from '../clock.ts'
import { silentLog } from '../clock.ts'
import { QueueError } from '../error.ts'
import { levelOf } from '../lifecycle/line.ts'
import { misuse } from '../store/check.ts'
<<<<<<< HEAD
import type { DestinationKey, Lease, Millis, QueueStore } from '../store/contract.ts'
=======
import type { DestinationKey, Lease, LeaseRequest, Millis, QueueStore } from '../store/contract.ts'
import type { Candidate, Share } from './allot.ts'
import { allot } from './allot.ts'
>>>>>>> 15a00bd (wip)
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
<<<<<<< HEAD
import { Intake } from './intake.ts'
=======
>>>>>>> 15a00bd (wip)
import { Ready } from './ready.ts'
import type { Ways } from './ways.ts'

/**
 * Makes a {@link Scheduler}; it does nothing before `start`.
 *
 * @throws RangeError for limits under which nothing could ever run.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const limits = { ...defaultSchedulerLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits))
    if (!(value >= (name === 'ahead' ? 0 : 1))) throw new RangeError(`scheduler: ${name} is ${value}, expected more`)
  return new TwoLevelScheduler(options, limits)
}

type Shown = Omit<NextHopSnapshot, 'nextHop'>

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
    if (this.#state !== 'running' || this.#crowded || this.#attempts.room < wanted.size) return undefined
    for (const destination of wanted)
      if (!this.#gate.hasRoom(destination) || this.#ready.has(destination)) return undefined
    const claims = new Map<DestinationKey, Claim>()
<<<<<<< HEAD
    for (const destination of wanted) claims.set(destination, this.#intake.take(destination, 1))
=======
    for (const destination of wanted) claims.set(destination, this.#take(destination, 1))
>>>>>>> 15a00bd (wip)
    let begun = false
    return {
      begin: (leases) => {
        if (begun) throw misuse('begin', 'the reservation is over')
        begun = true
        const of = new Map(leases.map((lease) => [lease.destination, lease]))
        for (const [destination, claim] of claims) {
          const lease = of.get(destination)
<<<<<<< HEAD
          this.#intake.received(claim, 1, lease === undefined ? [] : [lease], lease?.priority ?? 0)
=======
          this.#received(claim, 1, lease === undefined ? [] : [lease], lease?.priority ?? 0)
>>>>>>> 15a00bd (wip)
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

<<<<<<< HEAD
  #ways<N>(ways: Ways, named: (key: string) => N): readonly (N & Omit<NextHopSnapshot, 'nextHop'>)[] {
=======
  #ways<N>(ways: Ways, named: (key: string) => N): readonly (N & Shown)[] {
>>>>>>> 15a00bd (wip)
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
<<<<<<< HEAD
    if (this.#state !== 'running' || this.#clock.monotonic() < this.#restUntil) return false
    const more = await this.#intake.round()
    this.#rest = 0
    return more
=======
    const now = this.#clock.monotonic()
    if (this.#state !== 'running' || now < this.#restUntil) return false
    const visits = this.#mayVisit() && now >= this.#nextVisit
    if (this.#attempts.room === 0 && !visits) return false
    await this.#ready.refresh(this.#attempts.room)
    const shares = allot(this.#admitted(), this.#attempts.room, this.#clock.now())
    const asked = shares.map((share) => this.#lease(share))
    if (visits) asked.push(this.#visit(now))
    const got = await Promise.all(asked)
    this.#rest = 0
    return got.includes(true)
  }

  /** Those that may have leases; where enough waits in hand, only those that would go before it, and one each. */
  #admitted(): readonly Candidate[] {
    const candidates = this.#ready.candidates()
    if (!this.#attempts.isCrowded) return candidates
    const now = this.#clock.now()
    const level = this.#attempts.highestLevel
    return candidates.filter((one) => one.taken === 0 || levelOf(one, now) > level).map((one) => ({ ...one, room: 1 }))
  }

  /** Tells whether there may be more to lease at once. */
  async #lease({ destination, limit, level }: Share): Promise<boolean> {
    const claim = this.#take(destination, limit)
    let leases: readonly Lease[] = []
    try {
      leases = await this.#request({ destination, limit, level })
    } finally {
      this.#received(claim, limit, leases, level)
    }
    return this.#ready.leased(destination, limit, leases.length)
  }

  #take(destination: DestinationKey, leases: number): Claim {
    const claim = this.#gate.claimFor(destination)
    this.#gate.take(claim, leases)
    return claim
  }

  /** Leases have come for which room was taken. */
  #received(claim: Claim, taken: number, leases: readonly Lease[], level: number): void {
    const running = this.#state === 'running'
    this.#gate.giveUp(claim, running ? taken - leases.length : taken)
    if (running) this.#attempts.receive(claim, leases, level)
    else for (const lease of leases) this.#attempts.giveBack(lease)
  }

  #mayVisit(): boolean {
    return this.#options.withoutAttempt !== undefined && this.#attempts.visiting === 0
  }

  /** Has some work decided without an attempt. What it brings is no reason to look again at once. */
  async #visit(now: Millis): Promise<false> {
    const { visitBatch, visitEveryMs } = this.#limits
    const destinations = this.#ready.takePassedOver(visitBatch)
    if (destinations.length === 0) return false
    this.#nextVisit = now + visitEveryMs
    const limit = Math.floor(visitBatch / destinations.length)
    await Promise.all(destinations.map((destination) => this.#visitOne(destination, limit)))
    return false
  }

  async #visitOne(destination: DestinationKey, limit: number): Promise<void> {
    const leases = await this.#request({ destination, limit })
    for (const lease of leases)
      if (this.#state === 'running') this.#attempts.visit(lease)
      else this.#attempts.giveBack(lease)
    // There may be more of it, behind the others.
    if (leases.length === limit) this.#ready.passOver(destination)
    // What an operator gave up does not wait with the rest.
    if (leases.some(({ recipients }) => recipients.some(({ bounce }) => bounce !== undefined))) this.#nextVisit = 0
  }

  #request(wanted: Pick<LeaseRequest, 'destination' | 'limit' | 'level'>): Promise<readonly Lease[]> {
    return this.#store.lease({ ...wanted, holder: this.#options.holder, duration: this.#limits.leaseMs })
>>>>>>> 15a00bd (wip)
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
<<<<<<< HEAD
=======

  #nextLook(monotonic: Millis): Millis {
    if (this.#restUntil > monotonic) return this.#restUntil
    const at = this.#attempts.room > 0 ? this.#ready.nextLook : this.#gate.nextRoom
    return this.#mayVisit() && this.#ready.somePassedOver ? Math.min(at, this.#nextVisit) : at
  }
>>>>>>> 15a00bd (wip)
}
