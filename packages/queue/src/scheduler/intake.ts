import type { Clock } from '../clock.ts'
import { levelOf } from '../lifecycle/line.ts'
import type { DestinationKey, Lease, LeaseRequest, Millis, QueueStore } from '../store/contract.ts'
import type { Candidate, Share } from './allot.ts'
import { allot } from './allot.ts'
import type { Attempts } from './attempts.ts'
import type { SchedulerLimits, SchedulerOptions } from './contract.ts'
import type { Claim, Gate } from './gate.ts'
import type { Ready } from './ready.ts'
import type { Room } from './ways.ts'

/** Takes from the store what there is room for. */
export class Intake {
  readonly #options: SchedulerOptions
  readonly #limits: SchedulerLimits
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #gate: Gate
  readonly #ready: Ready
  readonly #attempts: Attempts
  readonly #isRunning: () => boolean
  #nextVisit: Millis = 0

  constructor(
    options: SchedulerOptions,
    limits: SchedulerLimits,
    gate: Gate,
    ready: Ready,
    attempts: Attempts,
    isRunning: () => boolean,
  ) {
    this.#options = options
    this.#limits = limits
    this.#store = options.store
    this.#clock = options.clock
    this.#gate = gate
    this.#ready = ready
    this.#attempts = attempts
    this.#isRunning = isRunning
  }

  /** When {@link Intake.round} may bring something, in monotonic time; infinite: not by itself. */
  get nextRound(): Millis {
    const at = this.#room > 0 ? this.#ready.nextLook : this.#gate.nextRoom
    return this.#mayVisit() && this.#ready.somePassedOver ? Math.min(at, this.#nextVisit) : at
  }

  /** Asks what is due and leases what fits; tells whether asking again at once may bring more. */
  async round(): Promise<boolean> {
    const now = this.#clock.monotonic()
    this.#attempts.beginSome()
    const visits = this.#mayVisit() && now >= this.#nextVisit
    const room = this.#room
    if (room === 0 && !visits) return false
    await this.#ready.refresh(room)
    const shares = allot(this.#admitted(), this.#attempts.room, this.#clock.now())
    const asked = shares.map((share) => this.#lease(share))
    if (visits) asked.push(this.#visit(now))
    const got = await Promise.all(asked)
    return got.includes(true)
  }

  get #room(): number {
    const { places, ahead } = this.#attempts.room
    return places + ahead
  }

  /** Those that may have leases; where enough waits in hand, one at a time, and only what would go before that. */
  #admitted(): readonly Candidate[] {
    const now = this.#clock.now()
    const { isCrowded } = this.#attempts
    return this.#ready.candidates().flatMap((one) => {
      if (!isCrowded && !this.#gate.isStocked(one.destination)) return [one]
      const level = this.#attempts.levelAhead(isCrowded ? undefined : one.destination)
      return one.taken === 0 || levelOf(one, now) > level ? [{ ...one, room: single }] : []
    })
  }

  /** Tells whether there may be more to lease at once. */
  async #lease({ destination, limit, level }: Share): Promise<boolean> {
    const claim = this.take(destination, limit)
    let leases: readonly Lease[] = []
    try {
      leases = await this.#request({ destination, limit, level })
    } finally {
      this.received(claim, limit, leases, level)
    }
    return this.#ready.leased(destination, limit, leases.length)
  }

  take(destination: DestinationKey, leases: number): Claim {
    const claim = this.#gate.claimFor(destination)
    this.#gate.take(claim, leases)
    return claim
  }

  /** Leases have come for which room was taken. */
  received(claim: Claim, taken: number, leases: readonly Lease[], level: number): void {
    const running = this.#isRunning()
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
      if (this.#isRunning()) this.#attempts.visit(lease)
      else this.#attempts.giveBack(lease)
    // There may be more of it, behind the others.
    if (leases.length === limit) this.#ready.passOver(destination)
    // What an operator gave up does not wait with the rest.
    if (leases.some(({ recipients }) => recipients.some(({ bounce }) => bounce !== undefined))) this.#nextVisit = 0
  }

  #request(wanted: Pick<LeaseRequest, 'destination' | 'limit' | 'level'>): Promise<readonly Lease[]> {
    return this.#store.lease({ ...wanted, holder: this.#options.holder, duration: this.#limits.leaseMs })
  }
}

const single: Room = { places: 1, leases: 1 }
