import type { LeaseRef } from '@angarium/queue'
import { leaseName, leaseRefOf } from '@angarium/queue/lifecycle'

/** Leases remembered for one connection. The oldest of more just run out in their time. */
const limit = 100_000

/** The leases that a connection holds, so that they can be given back when it dies. */
export class HeldLeases {
  readonly #held = new Map<string, LeaseRef>()

  /** Also renews a lease's place among the youngest. */
  add(leases: readonly LeaseRef[]): void {
    for (const lease of leases) {
      const name = leaseName(lease)
      this.#held.delete(name)
      this.#held.set(name, leaseRefOf(lease))
    }
    for (const name of this.#held.keys()) {
      if (this.#held.size <= limit) break
      this.#held.delete(name)
    }
  }

  remove(leases: readonly LeaseRef[]): void {
    for (const lease of leases) this.#held.delete(leaseName(lease))
  }

  /** All there are, which are then nobody's. */
  take(): readonly LeaseRef[] {
    const all = [...this.#held.values()]
    this.#held.clear()
    return all
  }
}
