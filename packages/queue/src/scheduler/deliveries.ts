import type { Clock, Log } from '../clock.ts'
import { leaseName, leaseRefOf } from '../lifecycle/entry.ts'
import type { Lease, Millis, QueueStore } from '../store/contract.ts'
import { Abort } from './abort.ts'
import type { Transit } from './transit.ts'

/** One lease in our hands, until its settlement is in the store. */
export interface Delivery<T extends Transit | undefined = Transit | undefined> {
  readonly lease: Lease
  readonly abort: Abort
  /** What it takes of the ways; `undefined`: it is decided without an attempt, and takes nothing. */
  readonly transit: T
  /** Its level when it was leased, and since when it is in hand, in monotonic time. */
  readonly level: number
  readonly since: Millis
  /** When to renew it, in monotonic time. */
  renewAt: Millis
  /** Someone else has the work, or we gave it back: whatever comes out is dropped. */
  lost: boolean
  /** The outcome is known; only the store's word is missing. */
  ended: boolean
}

/** A lease that waits for a place. */
export type Waiting = Delivery<Transit>

/** All leases in our hands, and their renewal before they run out. */
export class Deliveries {
  readonly #all = new Set<Delivery>()
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #leaseMs: Millis
  /** When to renew the first of them, or earlier. */
  #renewAt: Millis = Infinity
  #renewing = false
  #underWay = 0
  #emptied: (() => void) | undefined

  constructor(store: QueueStore, clock: Clock, log: Log, leaseMs: Millis) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#leaseMs = leaseMs
  }

  /** Leases without an outcome, those that wait for a place among them. */
  get underWay(): number {
    return this.#underWay
  }

  /** When {@link Deliveries.renew} is wanted; infinite: not at all. */
  get renewAt(): Millis {
    return this.#renewing ? Infinity : this.#renewAt
  }

  add<T extends Transit | undefined>(lease: Lease, level: number, transit: T): Delivery<T> {
    const since = this.#clock.monotonic()
    const renewAt = since + Math.min(this.#leaseMs, Math.max(0, lease.until - this.#clock.now())) / 2
    const delivery = { lease, abort: new Abort(), transit, level, since, renewAt, lost: false, ended: false }
    this.#all.add(delivery)
    this.#underWay++
    this.#renewAt = Math.min(this.#renewAt, renewAt)
    return delivery
  }

  /** The outcome is known. */
  end(delivery: Delivery): void {
    if (delivery.ended) return
    delivery.ended = true
    this.#underWay--
    if (this.#underWay === 0) this.#emptied?.()
  }

  /** The lease is no longer ours to renew. */
  drop(delivery: Delivery): void {
    this.#all.delete(delivery)
  }

  /** Resolves when no lease is without an outcome. */
  async empty(): Promise<void> {
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#emptied = resolve
      })
  }

  /** Those without an outcome. */
  unfinished(): readonly Delivery[] {
    return [...this.#all].filter(({ ended }) => !ended)
  }

  /** Renews what is at half-time or will be soon. Never rejects. */
  async renew(): Promise<void> {
    const now = this.#clock.monotonic()
    if (this.#renewing || this.#renewAt > now) return
    this.#renewing = true
    const chosen = [...this.#all].filter(({ renewAt }) => renewAt <= now + this.#leaseMs / 8)
    if (chosen.length > 0) await this.#extend(chosen, now)
    this.#renewing = false
    this.#renewAt = [...this.#all].reduce((first, { renewAt }) => Math.min(first, renewAt), Infinity)
  }

  async #extend(chosen: readonly Delivery[], now: Millis): Promise<void> {
    try {
      const ours = await this.#store.extend(
        chosen.map(({ lease }) => leaseRefOf(lease)),
        this.#leaseMs,
      )
      const kept = new Set(ours.map(leaseName))
      for (const delivery of chosen)
        if (kept.has(leaseName(delivery.lease))) delivery.renewAt = now + this.#leaseMs / 2
        else if (this.#all.has(delivery)) this.#lose(delivery)
    } catch (error) {
      this.#log.warn('store-failed', { operation: 'extend', error })
      // Again before they run out.
      for (const delivery of chosen) delivery.renewAt = now + this.#leaseMs / 8
    }
  }

  #lose(delivery: Delivery): void {
    delivery.renewAt = Infinity
    // With the outcome on its way, the settlement itself will learn it.
    if (delivery.ended) return
    this.#log.warn('lease-lost', leaseRefOf(delivery.lease))
    delivery.lost = true
    delivery.abort.abort()
  }
}
