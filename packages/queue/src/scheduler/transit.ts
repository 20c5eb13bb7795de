import type { Clock } from '../clock.ts'
import type { Lease, Millis } from '../store/contract.ts'
import type { Judgement, NextHopKey, Passage } from './contract.ts'
import type { Claim, Gate } from './gate.ts'
import type { Admission, RateCharge } from './rates.ts'

/** What one lease takes of the {@link Gate}, from the time it is in hand until its outcome is known. */
export class Transit implements Passage {
  readonly #gate: Gate
  readonly #clock: Clock
  readonly #lease: Lease
  #claim: Claim
  #state: 'waiting' | 'under-way' | 'refused' | 'over' = 'waiting'
  /** It is known where it goes. */
  #entered = false
  #charges: readonly RateCharge[] = []

  /** @param claim - of which one lease was taken. */
  constructor(gate: Gate, clock: Clock, lease: Lease, claim: Claim) {
    this.#gate = gate
    this.#clock = clock
    this.#lease = lease
    this.#claim = claim
  }

  /** Its destination or next hop is passed over since. */
  get isPassedOver(): boolean {
    return this.#gate.isCooling(this.#claim.destination, this.#claim.hop)
  }

  /** Whether there is a place for it, at its destination and where that mail is known to go by now. */
  hasPlace(): boolean {
    const { destination } = this.#claim
    if (this.#claim.hop === undefined) {
      const hop = this.#gate.hopOf(destination)
      if (hop !== undefined) {
        this.#gate.nextHops.take(hop, 1)
        this.#claim = { ...this.#claim, hop }
      }
    }
    return this.#gate.isOpen(this.#claim)
  }

  /** It came to nothing before it began. */
  giveUp(): void {
    this.#state = 'over'
    this.#gate.giveUp(this.#claim, 1)
  }

  /** Begins, or tells when it may: then it is to be given up. */
  begin(): Millis | undefined {
    const { destination, sender, source } = this.#lease
    const admission = this.#admit({ all: '', destination, sender, source, 'next-hop': this.#claim.hop })
    if (admission.kind === 'refused') return admission.until
    this.#charges = admission.charges
    this.#state = 'under-way'
    this.#gate.begin(this.#claim)
    return undefined
  }

  readonly enter = (nextHop: NextHopKey): boolean => {
    if (this.#state !== 'under-way') return false
    const { nextHops } = this.#gate
    this.#gate.learn(this.#lease.destination, nextHop)
    this.#entered = true
    if (this.#claim.hop !== nextHop) {
      this.#leaveHop('neutral')
      this.#refund(({ by }) => by === 'next-hop')
      const admission = nextHops.isOpen(nextHop) ? this.#admit({ 'next-hop': nextHop }) : undefined
      if (admission?.kind !== 'admitted') return this.#refuse()
      this.#charges = [...this.#charges, ...admission.charges]
      nextHops.take(nextHop, 1)
      nextHops.begin(nextHop)
      this.#claim = { ...this.#claim, hop: nextHop }
    }
    return true
  }

  /** Learns from how it went. */
  end(judgement: Judgement): void {
    const { destination, probe } = this.#claim
    const hop = this.#leaveHop(this.#entered ? judgement : 'neutral')
    // A dead next hop is passed over for all that goes there; none of them is to blame.
    const blamed = judgement === 'failure' && hop !== undefined && this.#gate.nextHops.isCooling(hop)
    this.#gate.destinations.end(destination, blamed ? 'neutral' : judgement, this.#clock.monotonic())
    if (probe) this.#gate.endProbes(1)
    this.#state = 'over'
  }

  #admit(of: Parameters<Gate['rates']['admit']>[0]): Admission {
    const recipients = this.#lease.recipients.length
    return this.#gate.rates.admit(of, recipients, this.#clock.monotonic())
  }

  #leaveHop(judgement: Judgement): NextHopKey | undefined {
    const { hop } = this.#claim
    if (hop === undefined) return undefined
    this.#gate.nextHops.end(hop, judgement, this.#clock.monotonic())
    this.#claim = { ...this.#claim, hop: undefined }
    return hop
  }

  /** Nothing was attempted, so nothing counts. */
  #refuse(): false {
    this.#refund(() => true)
    this.#state = 'refused'
    return false
  }

  #refund(which: (charge: RateCharge) => boolean): void {
    for (const charge of this.#charges) if (which(charge)) charge.account.refund(charge)
    this.#charges = this.#charges.filter((charge) => !which(charge))
  }
}
