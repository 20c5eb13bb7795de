import type { Lease, Millis } from '../store/contract.ts'
import type { Delivery } from './deliveries.ts'

/** From one suspect to the next, where the one before takes its time. */
const spacing: Millis = 50

/**
 * Work that was twice in hand when the process fell: one at a time, so that nothing but the culprit is held for it when the
 * process falls a third time.
 */
export class Suspects {
  #underWay: Delivery | undefined
  #lastTurn: Millis = 0

  /** How long a lease is to be given back for; 0: it may begin. `now` in monotonic time. */
  waitOf(delivery: Delivery, now: Millis): Millis {
    if (!isSuspect(delivery.lease)) return 0
    if (this.#underWay === undefined) {
      this.#underWay = delivery
      return 0
    }
    this.#lastTurn = Math.max(this.#lastTurn, now) + spacing
    return this.#lastTurn - now
  }

  /** The store has its outcome, or will never have it. */
  over(delivery: Delivery): void {
    if (this.#underWay === delivery) this.#underWay = undefined
  }
}

function isSuspect({ recipients }: Lease): boolean {
  return recipients.some(({ abandoned = 0 }) => abandoned >= 2)
}
