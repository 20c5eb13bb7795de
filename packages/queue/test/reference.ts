import type { Change, RecipientSettlement, RecipientState, SettledState } from '../src/index.ts'

/**
 * What a queue is to do, written down a second time and differently: everything is kept as plain changing fields, and
 * each operation says in full what it does. It knows nothing of contents, of turns, of priorities.
 */
export class Reference {
  readonly messages: ReferenceMessage[] = []
  /** Counted when something happens, not from what is there. */
  readonly ledger: Record<string, number> = Object.fromEntries(
    ['messages', 'accepted', 'queued', 'held', ...finals].map((name) => [name, 0]),
  )

  commit(to: readonly string[], notBefore: number | undefined, now: number): void {
    const recipients = to.map((at, index): ReferenceRecipient => {
      const release = notBefore !== undefined && notBefore > now ? notBefore : undefined
      return { index, at, phase: 'waits', again: false, tries: 0, due: release ?? now, release, falls: 0 }
    })
    this.messages.push({ recipients, places: [...new Set(to)].map((at) => ({ at, fence: 0, lease: undefined })) })
    this.#count('messages', 1)
    this.#count('accepted', to.length)
    this.#count('queued', to.length)
  }

  /** Leases of all that is due there: message, fence, and each recipient with its attempt and mark. */
  lease(at: string, now: number): readonly ReferenceLease[] {
    const leases: ReferenceLease[] = []
    for (const [number, message] of this.messages.entries()) {
      const place = message.places.find((one) => one.at === at)
      if (place === undefined || (place.lease !== undefined && place.lease.until > now)) continue
      this.#fall(message, place, now, 0)
      const due = message.recipients.filter((one) => one.at === at && one.phase === 'waits' && one.due <= now)
      if (due.length === 0) continue
      place.fence++
      place.lease = { since: now, until: now + leaseMs }
      for (const one of due) {
        one.before = { again: one.again, due: one.due }
        one.phase = 'leased'
        one.tries++
      }
      leases.push({
        number,
        at,
        fence: place.fence,
        recipients: due.map(({ index, tries, given }) => [index, tries, given]),
      })
    }
    return leases
  }

  settle(number: number, at: string, fence: number, outcomes: readonly RecipientSettlement[], now: number): string {
    const message = this.messages[number]
    const place = message?.places.find((one) => one.at === at)
    if (message === undefined || place?.lease === undefined || place.fence !== fence) return 'stale'
    const { since } = place.lease
    place.lease = undefined
    for (const one of message.recipients) {
      if (one.at !== at || one.phase !== 'leased') continue
      const outcome = outcomes.find(({ index }) => index === one.index) ?? {
        index: one.index,
        kind: 'returned' as const,
      }
      if (outcome.kind === 'returned') {
        one.tries--
        one.again = one.before?.again ?? false
        one.due = outcome.delay === undefined ? (one.before?.due ?? 0) : now + outcome.delay
        this.#endOfLease(one, now)
      } else if (outcome.kind === 'deferred') {
        one.falls = 0
        one.last = since
        one.again = true
        one.due = now + outcome.delay
        this.#endOfLease(one, now)
      } else {
        one.last = since
        this.#finish(one, outcome.kind)
      }
    }
    return 'settled'
  }

  /** How many recipients of a message, at one destination or at all, a change applies to. */
  change(number: number, at: string | undefined, change: Change, now: number): number {
    const message = this.messages[number]
    let applied = 0
    for (const place of message === undefined ? [] : [...message.places]) {
      if (message === undefined || (at !== undefined && at !== place.at)) continue
      const chosen = message.recipients.filter((one) => one.at === place.at)
      if (place.lease !== undefined && place.lease.until <= now) {
        // A lease that ran out ends when something is done to what it held, and not by being looked at.
        if (!chosen.some((one) => this.#wouldApply(one, place, change, now))) continue
        this.#fall(message, place, now, 0)
      }
      for (const one of chosen) if (this.#apply(one, change, now)) applied++
      if (change.kind === 'reroute' && !message.places.some((other) => other.at === change.destination))
        if (message.recipients.some((one) => one.at === change.destination))
          message.places.push({ at: change.destination, fence: 0, lease: undefined })
    }
    return applied
  }

  restart(now: number): void {
    let order = 0
    for (const message of this.messages)
      for (const place of message.places) if (place.lease !== undefined) this.#fall(message, place, now, order++)
  }

  /** Of each message that is not over: destination, state, attempts, last and next attempt of each recipient. */
  shown(): readonly unknown[] {
    return this.messages.map(({ recipients, places }) =>
      recipients.every(({ phase }) => isFinal(phase))
        ? 'gone'
        : recipients.map((one) => [
            one.at,
            stateOf(one),
            one.tries,
            one.phase === 'leased' ? places.find(({ at }) => at === one.at)?.lease?.since : one.last,
            one.phase === 'waits' ? one.due : undefined,
          ]),
    )
  }

  #wouldApply(one: ReferenceRecipient, place: ReferencePlace, change: Change, now: number): boolean {
    const trial = new Reference()
    const copy = { ...one }
    trial.#fall({ recipients: [copy], places: [] }, { ...place }, now, 0)
    return trial.#apply(copy, change, now)
  }

  #apply(one: ReferenceRecipient, change: Change, now: number): boolean {
    if (isFinal(one.phase)) return false
    const leased = one.phase === 'leased'
    const released = one.release === undefined || one.release <= now
    switch (change.kind) {
      case 'hold':
        if (one.phase === 'held' || one.wish === 'remove') return false
        this.#unmark(one)
        if (leased) one.wish = 'hold'
        else this.#move(one, 'held')
        return true
      case 'bounce':
        if (one.wish === 'remove') return false
        one.given = change.because
        if (leased) one.wish = 'bounce'
        else {
          one.due = now
          one.again = false
          this.#move(one, 'waits')
        }
        return true
      case 'remove':
        if (leased) one.wish = 'remove'
        else this.#finish(one, 'removed')
        return true
      case 'release':
        if (leased) {
          if (one.wish !== 'hold') return false
          one.wish = undefined
          return true
        }
        if (one.phase !== 'held' && (released || change.early !== true)) return false
        if (one.phase === 'held') one.again = one.tries > 0
        if (!released && change.early === true) one.release = now
        one.due = Math.max(now, one.release ?? 0)
        this.#move(one, 'waits')
        return true
      case 'expedite':
        if (one.phase !== 'waits' || !released) return false
        if (one.due > now) one.due = now
        return true
      case 'reroute':
        if (leased || one.at === change.destination) return false
        one.at = change.destination
        return true
    }
  }

  /** The lease of a place ends, its holder being dead or late. */
  #fall(message: ReferenceMessage, place: ReferencePlace, now: number, order: number): void {
    const { lease } = place
    place.lease = undefined
    for (const one of message.recipients) {
      if (lease === undefined || one.at !== place.at || one.phase !== 'leased') continue
      one.last = lease.since
      one.again = true
      one.due = one.before?.due ?? 0
      one.falls++
      if (one.falls === 2) one.due = now + 1_000 * order
      if (one.falls === 3) {
        one.falls = 0
        one.wish ??= 'hold'
      }
      this.#endOfLease(one, now)
    }
  }

  #endOfLease(one: ReferenceRecipient, now: number): void {
    const { wish } = one
    one.wish = undefined
    if (wish === 'remove') {
      this.#finish(one, 'removed')
      return
    }
    if (wish === 'hold') this.#unmark(one)
    if (wish === 'bounce') one.due = now
    if (one.given !== undefined) one.again = false
    this.#move(one, wish === 'hold' ? 'held' : 'waits')
  }

  #unmark(one: ReferenceRecipient): void {
    if (one.given === undefined) return
    one.given = undefined
    if (one.before !== undefined) one.before.again = one.tries > 1
  }

  #finish(one: ReferenceRecipient, as: SettledState): void {
    one.wish = undefined
    one.given = undefined
    this.#move(one, as)
    const message = this.messages.find(({ recipients }) => recipients.includes(one))
    if (message?.recipients.every(({ phase }) => isFinal(phase))) this.#count('messages', -1)
  }

  #move(one: ReferenceRecipient, to: Phase): void {
    this.#count(account(one.phase), -1)
    one.phase = to
    this.#count(account(to), 1)
  }

  #count(name: string, by: number): void {
    this.ledger[name] = (this.ledger[name] ?? 0) + by
  }
}

/** How long each lease lasts. */
export const leaseMs = 60_000

export interface ReferenceLease {
  readonly number: number
  readonly at: string
  readonly fence: number
  readonly recipients: readonly (readonly [index: number, attempt: number, mark: string | undefined])[]
}

const finals = ['delivered', 'relayed', 'expanded', 'failed', 'expired', 'removed'] as const

type Phase = 'waits' | 'leased' | 'held' | SettledState

interface ReferenceRecipient {
  readonly index: number
  at: string
  phase: Phase
  /** Another attempt follows one that came to nothing. */
  again: boolean
  tries: number
  due: number
  release: number | undefined
  last?: number
  falls: number
  wish?: 'hold' | 'bounce' | 'remove' | undefined
  given?: string | undefined
  /** As it stood when it was leased. */
  before?: { again: boolean; due: number }
}

interface ReferencePlace {
  readonly at: string
  fence: number
  lease: { readonly since: number; readonly until: number } | undefined
}

interface ReferenceMessage {
  readonly recipients: readonly ReferenceRecipient[]
  readonly places: ReferencePlace[]
}

function isFinal(phase: Phase): boolean {
  return (finals as readonly string[]).includes(phase)
}

function stateOf({ phase, again }: ReferenceRecipient): RecipientState {
  return phase !== 'waits' ? phase : again ? 'deferred' : 'queued'
}

function account(phase: Phase): string {
  return phase === 'waits' || phase === 'leased' ? 'queued' : phase
}
