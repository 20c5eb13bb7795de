import type { Clock, Log } from '../clock.ts'
import { Ranking } from '../ranking.ts'
import type { Lease, LeaseRef, Millis, QueueStore } from '../store/contract.ts'
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
  /** By when to renew, in monotonic time. */
  readonly #renewals = new Ranking<Delivery>()
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #log: Log
  readonly #leaseMs: Millis
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

  /** When {@link Deliveries.renew} is wanted. */
  get renewAt(): Millis | undefined {
    return this.#renewing ? undefined : this.#renewals.least()?.rank
  }

  add<T extends Transit | undefined>(lease: Lease, level: number, transit: T): Delivery<T> {
    const since = this.#clock.monotonic()
    const delivery: Delivery<T> = { lease, abort: new Abort(), transit, level, since, lost: false, ended: false }
    this.#all.add(delivery)
    this.#underWay++
    const left = Math.min(this.#leaseMs, Math.max(0, lease.until - this.#clock.now()))
    this.#renewals.set(delivery, since + left / 2)
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
    this.#renewals.delete(delivery)
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
    const least = this.#renewals.least()
    if (this.#renewing || least === undefined || least.rank > now) return
    this.#renewing = true
    const chosen: Delivery[] = []
    for (const { key, rank } of this.#renewals.ascending()) {
      if (rank > now + this.#leaseMs / 8) break
      chosen.push(key)
    }
    try {
      const ours = await this.#store.extend(
        chosen.map(({ lease }) => reference(lease)),
        this.#leaseMs,
      )
      const kept = new Set(ours.map(name))
      for (const delivery of chosen) {
        if (!this.#all.has(delivery)) continue
        if (kept.has(name(delivery.lease))) this.#renewals.set(delivery, now + this.#leaseMs / 2)
        else this.#lose(delivery)
      }
    } catch (error) {
      this.#log.warn('store-failed', { operation: 'extend', error })
      // Again before they run out.
      for (const delivery of chosen) if (this.#all.has(delivery)) this.#renewals.set(delivery, now + this.#leaseMs / 8)
    }
    this.#renewing = false
  }

  #lose(delivery: Delivery): void {
    this.#renewals.delete(delivery)
    // With the outcome on its way, the settlement itself will learn it.
    if (delivery.ended) return
    this.#log.warn('lease-lost', reference(delivery.lease))
    delivery.lost = true
    delivery.abort.abort()
  }
}

/** The lease's name without its contents. */
export function reference({ id, destination, fence }: LeaseRef): {
  readonly id: LeaseRef['id']
  readonly destination: string
  readonly fence: number
} {
  return { id, destination, fence }
}

function name({ id, fence, destination }: LeaseRef): string {
  return `${id} ${fence} ${destination}`
}
