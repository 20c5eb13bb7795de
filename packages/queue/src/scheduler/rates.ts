import type { Random } from '../clock.ts'
import type { Millis } from '../store/contract.ts'
import type { Charge } from './account.ts'
import { Account } from './account.ts'
import type { RateLimit } from './contract.ts'

/** What a delivery counts for, by what limits can be about; `undefined`: nothing of the kind. */
export type Accounted = { readonly [B in RateLimit['by']]?: string | undefined }

/** What a limit of a kind has counted. */
export type RateCharge = Charge & { readonly by: RateLimit['by'] }

/** It has begun, as far as limits go; or it may not before then, in monotonic time. */
export type Admission =
  | { readonly kind: 'admitted'; readonly charges: readonly RateCharge[] }
  | { readonly kind: 'refused'; readonly until: Millis }

interface Rule {
  readonly limit: RateLimit
  /** By name, the longest unused first. */
  readonly accounts: Map<string, Account>
}

/** A limit keeps the accounts of so many; of more, those used the longest time ago begin anew. */
const remembered = 20_000

/** Nobody is told to wait longer than this at a time, so that what waits is looked at now and then. */
const longestWait: Millis = 3_600_000

/** The accounts of all rate limits. */
export class Rates {
  readonly #rules: readonly Rule[]
  readonly #random: Random

  /** @throws RangeError for a limit under which nothing could ever run. */
  constructor(limits: readonly RateLimit[], random: Random) {
    for (const { limit, perMs } of limits)
      if (!(limit >= 1 && perMs >= 1 && perMs < 2 ** 45))
        throw new RangeError(`scheduler: rate ${limit} per ${perMs} ms`)
    this.#rules = limits.map((limit) => ({ limit, accounts: new Map() }))
    this.#random = random
  }

  /** Accounts kept. */
  get size(): number {
    return this.#rules.reduce((sum, { accounts }) => sum + accounts.size, 0)
  }

  /** How many more messages may begin now, as far as these go. */
  room(of: Accounted, now: Millis): number {
    let room = Infinity
    if (this.#rules.length === 0) return room
    for (const { limit, accounts, key } of this.#about(of))
      room = Math.min(room, accounts.get(key)?.room(now) ?? limit.limit)
    return room
  }

  /** The limits that let not even one recipient through now, and until when. */
  *full(
    of: Accounted,
    now: Millis,
  ): Generator<{ readonly limit: RateLimit; readonly key: string; readonly until: Millis }> {
    for (const { limit, accounts, key } of this.#about(of)) {
      const until = accounts.get(key)?.opensAt(1, now) ?? now
      if (until > now) yield { limit, key, until }
    }
  }

  /** When {@link Rates.room} may be more than nothing; not in the future: now. */
  opensAt(of: Accounted, now: Millis): Millis {
    let at = now
    for (const { accounts, key } of this.#about(of)) at = Math.max(at, accounts.get(key)?.roomAt(now) ?? now)
    return at
  }

  /** Lets a delivery to so many recipients begin, or tells when it may. */
  admit(of: Accounted, recipients: number, now: Millis): Admission {
    if (this.#rules.length === 0) return unlimited
    const touched: { readonly account: Account; readonly count: number; readonly by: RateLimit['by'] }[] = []
    let until: Millis = now
    for (const { limit, accounts, key } of this.#about(of)) {
      const count = limit.count === 'messages' ? 1 : recipients
      const account = this.#account(accounts, key, limit, now)
      touched.push({ account, count, by: limit.by })
      if (account.opensAt(count, now) > now) until = Math.max(until, this.#promise(account, count, now))
    }
    if (until > now) return { kind: 'refused', until }
    const charges = touched.map(({ account, count, by }) => ({ ...account.charge(count, now), by }))
    return { kind: 'admitted', charges }
  }

  #promise(account: Account, count: number, now: Millis): Millis {
    const half = longestWait / 2
    return account.promise(count, now, now + longestWait) ?? now + half + this.#random.below(half)
  }

  *#about(
    of: Accounted,
  ): Generator<{ readonly limit: RateLimit; readonly accounts: Rule['accounts']; readonly key: string }> {
    for (const { limit, accounts } of this.#rules) {
      const key = of[limit.by]
      if (key === undefined || (limit.of !== undefined && limit.of !== key)) continue
      // The null reverse-path is nobody: reports wait for no others, unless that was asked for.
      if (limit.by === 'sender' && key === '' && limit.of === undefined) continue
      yield { limit, accounts, key }
    }
  }

  #account(accounts: Map<string, Account>, key: string, { limit, perMs }: RateLimit, now: Millis): Account {
    const account = accounts.get(key) ?? new Account(limit, perMs)
    accounts.delete(key)
    accounts.set(key, account)
    let looked = 0
    for (const [oldest, one] of accounts) {
      if (++looked > 2 || oldest === key) break
      if (accounts.size > remembered || one.isEmpty(now)) accounts.delete(oldest)
    }
    return account
  }
}

const unlimited: Admission = { kind: 'admitted', charges: [] }
