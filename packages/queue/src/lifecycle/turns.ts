import type { DestinationKey, Instant } from '../store/contract.ts'
import type { Work } from './work.ts'

/** What senders take turns in: the fresh work of one priority for one destination. */
export interface TurnKey {
  readonly destination: DestinationKey
  readonly priority: number
}

interface Round {
  /** Place of the last that was leased. */
  now: number
  /** Where a sender's next work goes, if that is further back than the next round. */
  readonly next: Map<string, number>
}

/**
 * Gives fresh work its place, so that senders take turns: one message of each sender a round, and who comes joins the
 * next round. Fresh is what waits for its first attempt and is due; all else stands by when it is due and has no place.
 * The least place goes first, at equal places the message with the lesser id.
 *
 * Places are kept with the work; what is kept here may be lost: then a sender that has much in line gets no further back
 * with what it sends next than somebody new. For one store; not in step with a transaction that is rolled back, which
 * costs a few places and no more.
 */
export class Turns {
  readonly #least: (of: TurnKey) => number | undefined
  readonly #limit: number
  readonly #rounds = new Map<string, Round>()
  /** Senders remembered, in all rounds. */
  #senders = 0
  /** Where a round begins when nothing waits: behind what may come back from a lease. */
  #floor = 0

  /**
   * @param least - the least place among the stored work that waits there. Asked once each time something is to be
   * learned of a destination and priority anew.
   * @param limit - so many senders are remembered, those with the most in line.
   */
  constructor(least: (of: TurnKey) => number | undefined, limit = 20_000) {
    this.#least = least
    this.#limit = limit
  }

  /**
   * The work with the place it is to be stored with. To be called for all work about to be stored, leased or not: fresh
   * work gets a place or keeps the one it has, a lease moves the turn on and keeps its place in case it is given back.
   */
  place(work: Work, now: Instant): Work {
    if (work.lease !== undefined) {
      if (work.place !== undefined) this.#moveOn(work, work.place)
      return work
    }
    const fresh = isFresh(work, now)
    if (fresh === (work.place !== undefined)) return work
    if (fresh) return { ...work, place: this.#join(work) }
    // Taken out of line by an operator, maybe with all that stood before it.
    if (work.fence === 0) this.#forgetSender(work)
    return { ...work, place: undefined }
  }

  #moveOn(of: TurnKey, place: number): void {
    const round = this.#rounds.get(nameOf(of))
    if (round !== undefined) round.now = Math.max(round.now, place)
    else this.#floor = Math.max(this.#floor, place)
  }

  #join(work: Work): number {
    const round = this.#roundOf(work)
    const next = round.next.get(work.sender)
    const place = Math.max(round.now + 1, next ?? 0)
    round.next.set(work.sender, place + 1)
    if (next === undefined && ++this.#senders > this.#limit) this.#forget()
    return place
  }

  #forgetSender(work: Work): void {
    if (this.#rounds.get(nameOf(work))?.next.delete(work.sender) === true) this.#senders--
  }

  #roundOf(of: TurnKey): Round {
    const name = nameOf(of)
    const known = this.#rounds.get(name)
    if (known !== undefined) return known
    const least = this.#least(of)
    const round = { now: least === undefined ? this.#floor : least - 1, next: new Map() }
    this.#rounds.set(name, round)
    return round
  }

  /** Forgets at least half of the senders: those that would join the next round anyway, then those with the least in line. */
  #forget(): void {
    this.#keep(2)
    if (this.#senders <= this.#limit / 2) return
    const leads: number[] = []
    for (const { now, next } of this.#rounds.values()) for (const place of next.values()) leads.push(place - now)
    leads.sort((a, b) => b - a)
    this.#keep((leads[Math.floor(this.#limit / 2)] ?? 0) + 1)
  }

  #keep(lead: number): void {
    for (const [name, { now, next }] of this.#rounds) {
      for (const [sender, place] of next)
        if (place - now < lead) {
          next.delete(sender)
          this.#senders--
        }
      if (next.size > 0) continue
      this.#rounds.delete(name)
      this.#floor = Math.max(this.#floor, now)
    }
  }
}

/** Whether work waits for its first attempt and may begin: then its sender takes turns with the others. */
function isFresh(work: Work, now: Instant): boolean {
  return work.recipients.some(({ state, nextAttempt }) => state === 'queued' && nextAttempt <= now)
}

function nameOf({ destination, priority }: TurnKey): string {
  return `${priority} ${destination}`
}
