import type { Clock, Random } from '../clock.ts'
import { QueueError } from '../error.ts'
import type { AbandonPolicy } from '../lifecycle/abandon.ts'
import { abandonWork, defaultAbandonPolicy } from '../lifecycle/abandon.ts'
import { changeWork, joinWork } from '../lifecycle/change.ts'
import { entryOf, leaseOf } from '../lifecycle/entry.ts'
import { filterPasses, filterPassesMessage, filterPassesRecipient } from '../lifecycle/filter.ts'
import { lowestLevel } from '../lifecycle/line.ts'
import { planSettlements } from '../lifecycle/settle.ts'
import type { Tally, Work } from '../lifecycle/work.ts'
import { dueAt, isFinished, leaseWork, tallied, tally } from '../lifecycle/work.ts'
import { checkChange, checkCommit, checkDuration, checkFilter, checkLeaseRequest } from '../store/check.ts'
import type {
  Accepted,
  Change,
  CommitOptions,
  Cursor,
  Draft,
  Due,
  Entry,
  Envelope,
  Filter,
  Instant,
  Lease,
  LeaseRef,
  LeaseRequest,
  Millis,
  Progress,
  QueueId,
  QueueStats,
  QueueStore,
  Settlement,
  SettleResult,
  StoreCapabilities,
} from '../store/contract.ts'
import { createIdMaker } from '../store/id.ts'
import { createMemoryDraft } from './draft.ts'
import { DueIndex } from './due-index.ts'
import type { Message } from './message.ts'
import { newMessage } from './message.ts'

/** What a memory store is made of. */
export interface MemoryStoreOptions {
  readonly clock: Clock
  readonly random: Random
  /** Contents up to so many octets come along with a lease. By default 65,536. */
  readonly bodyInLease?: number
  /** How long an idempotency key is remembered. By default 7 days. */
  readonly keepKeysMs?: Millis
  readonly abandon?: Partial<AbandonPolicy>
}

/** What every memory store can do. */
export const memoryStoreCapabilities: StoreCapabilities = { manyWriters: false, wakeups: false }

/** A store that keeps the contract in all but durability: for tests, and for mail that may be lost with the process. */
export function createMemoryStore(options: MemoryStoreOptions): QueueStore {
  return new MemoryStore(options)
}

class MemoryStore implements QueueStore {
  readonly capabilities: StoreCapabilities = memoryStoreCapabilities
  readonly #clock: Clock
  readonly #newId: () => QueueId
  readonly #bodyInLease: number
  readonly #keepKeysMs: Millis
  readonly #abandon: AbandonPolicy
  readonly #messages = new Map<QueueId, Message>()
  readonly #keys = new Map<string, { readonly id: QueueId; readonly at: Instant }>()
  readonly #due = new DueIndex<Message>()
  readonly #listeners = new Set<(urgent: boolean) => void>()
  /** Recipients of messages that are gone, and how many there ever were. */
  #gone: Tally = tally([])
  #accepted = 0
  #open = false

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock
    this.#newId = createIdMaker(options.clock, options.random)
    this.#bodyInLease = options.bodyInLease ?? 65_536
    this.#keepKeysMs = options.keepKeysMs ?? 604_800_000
    this.#abandon = { ...defaultAbandonPolicy, ...options.abandon }
  }

  async open(): Promise<void> {
    const now = this.#clock.now()
    let order = 0
    for (const message of this.#messages.values())
      for (const work of message.works.values())
        if (work.lease !== undefined) this.#put(message, abandonWork(work, now, this.#abandon, order++))
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  draft(): Draft {
    const id = this.#newId()
    return createMemoryDraft(id, async (content, envelope, options) => {
      this.#demandOpen('commit')
      return this.#commit(id, content, envelope, options)
    })
  }

  #commit(id: QueueId, content: Uint8Array, envelope: Envelope, options: CommitOptions): Accepted {
    const now = this.#clock.now()
    const { key, lease: wanted } = options
    this.#forgetOldKeys(now)
    const known = key === undefined ? undefined : this.#keys.get(key)
    if (known !== undefined) return { id: known.id, duplicate: true, leases: [] }
    const message = this.#accept(id, content, envelope, options, now)
    if (key !== undefined) this.#keys.set(key, { id: message.facts.id, at: now })
    const leases: Lease[] = []
    if (wanted !== undefined)
      for (const work of message.works.values()) {
        const leased = leaseWork(work, wanted.holder, now + wanted.duration, now)
        if (leased !== undefined) leases.push(this.#handOut(message, leased))
      }
    if (leases.length < message.works.size) this.#tellWork()
    return { id: message.facts.id, duplicate: false, leases }
  }

  #accept(id: QueueId, content: Uint8Array, envelope: Envelope, options: CommitOptions, now: Instant): Message {
    const message = newMessage(id, now, envelope, content, options)
    this.#messages.set(message.facts.id, message)
    this.#accepted += envelope.recipients.length
    for (const work of message.works.values()) this.#put(message, work)
    return message
  }

  /** Messages in order of their ids: those there now, as long as they are there. */
  *#chosen(filter: Filter): Generator<Message> {
    const ids = filter.ids ?? this.#messages.keys()
    for (const id of [...new Set(ids)].sort()) {
      const message = this.#messages.get(id as QueueId)
      if (message !== undefined && filterPassesMessage(filter, message.facts)) yield message
    }
  }

  #handOut(message: Message, leased: Work): Lease {
    this.#put(message, leased)
    const { content } = message
    return leaseOf(message.facts, leased, content.length <= this.#bodyInLease ? content.slice() : undefined)
  }

  async due(limit: number): Promise<Due> {
    this.#demandOpen('due')
    return this.#due.due(this.#clock.now(), limit)
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    this.#demandOpen('lease')
    checkLeaseRequest(request)
    const { destination, holder, duration, limit, level = lowestLevel } = request
    const now = this.#clock.now()
    const leases: Lease[] = []
    while (leases.length < limit) {
      // What was abandoned once too often turns out not to be due after all, hence in rounds.
      const found = this.#due.first(destination, level, now, limit - leases.length)
      if (found.length === 0) break
      for (const message of found) {
        const work = message.works.get(destination)
        if (work === undefined) continue
        const free = abandonWork(work, now, this.#abandon)
        const leased = leaseWork(free, holder, now + duration, now)
        if (leased === undefined) this.#put(message, free)
        else leases.push(this.#handOut(message, leased))
      }
    }
    return leases
  }

  async extend(leases: readonly LeaseRef[], duration: Millis): Promise<readonly LeaseRef[]> {
    this.#demandOpen('extend')
    checkDuration('extend', duration)
    const until = this.#clock.now() + duration
    return leases.filter((lease) => {
      const message = this.#messages.get(lease.id)
      const work = message?.works.get(lease.destination)
      if (message === undefined || work?.lease === undefined || work.fence !== lease.fence) return false
      this.#put(message, { ...work, lease: { ...work.lease, until } })
      return true
    })
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    this.#demandOpen('settle')
    const now = this.#clock.now()
    const plan = planSettlements(
      settlements,
      ({ id, destination }) => this.#messages.get(id)?.works.get(destination),
      now,
    )
    for (const { settlement } of plan)
      for (const { envelope, options = {} } of settlement.spawn ?? []) checkCommit(envelope, options)
    let more = false
    const results = plan.map(({ settlement, work }): SettleResult => {
      const message = this.#messages.get(settlement.lease.id)
      if (work === 'stale' || message === undefined) return { kind: 'stale' }
      this.#put(message, work)
      const due = dueAt(work)
      const spawned = (settlement.spawn ?? []).map(
        ({ envelope, content, options = {} }) =>
          this.#accept(this.#newId(), content.slice(), envelope, options, now).facts.id,
      )
      more ||= spawned.length > 0 || (due !== undefined && due <= now)
      return { kind: 'settled', spawned }
    })
    if (more) this.#tellWork()
    return results
  }

  async *read(id: QueueId): AsyncGenerator<Uint8Array> {
    this.#demandOpen('read')
    const message = this.#messages.get(id)
    if (message === undefined) throw new QueueError('QUEUE_NOT_FOUND', `no message ${id}`, { id })
    for (let at = 0; at < message.content.length; at += chunkOctets) yield message.content.slice(at, at + chunkOctets)
  }

  async *scan(filter: Filter = {}, after: Cursor = ''): AsyncGenerator<Entry> {
    this.#demandOpen('scan')
    checkFilter('scan', filter)
    for (const { facts, works } of this.#chosen(filter))
      if (facts.id > after && filterPasses(filter, facts, works.values())) yield entryOf(facts, works.values())
  }

  async *change(filter: Filter, change: Change): AsyncGenerator<Progress> {
    this.#demandOpen('change')
    checkChange(filter, change)
    for (const message of this.#chosen(filter)) {
      const recipients = this.#changeMessage(message, filter, change)
      if (recipients > 0) yield { id: message.facts.id, recipients }
    }
  }

  #changeMessage(message: Message, filter: Filter, change: Change): number {
    const now = this.#clock.now()
    let applied = 0
    for (const work of [...message.works.values()]) {
      const over = work.lease !== undefined && work.lease.until <= now
      const changed = changeWork(over ? abandonWork(work, now, this.#abandon) : work, change, now, (recipient) =>
        filterPassesRecipient(filter, work.destination, recipient),
      )
      if (changed.applied === 0) continue
      applied += changed.applied
      if (change.kind === 'reroute' && changed.moved.length > 0)
        this.#put(message, joinWork(message.works.get(change.destination), change.destination, changed.moved, work))
      this.#put(message, changed.work)
    }
    if (applied > 0 && change.kind !== 'hold' && change.kind !== 'remove') this.#tellWork(change.kind === 'expedite')
    return applied
  }

  async stats(): Promise<QueueStats> {
    this.#demandOpen('stats')
    const sum: { -readonly [K in keyof Tally]: number } = { ...this.#gone }
    for (const { works } of this.#messages.values()) addTally(sum, tally(works.values()))
    return { messages: this.#messages.size, accepted: this.#accepted, ...sum, corrupt: 0 }
  }

  onWork(listener: (urgent: boolean) => void): () => void {
    // Its own function each time, so that one listener may be added twice and taken away once.
    const heard = (urgent: boolean): void => listener(urgent)
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  /** Stores work in its new shape; the message goes when nothing is left to do for it. */
  #put(message: Message, work: Work): void {
    message.works.set(work.destination, work)
    this.#due.set(work.destination, work.priority, message, dueAt(work))
    if (!isFinished(work) || ![...message.works.values()].every(isFinished)) return
    const sum: { -readonly [K in keyof Tally]: number } = { ...this.#gone }
    addTally(sum, tally(message.works.values()))
    this.#gone = sum
    this.#messages.delete(message.facts.id)
  }

  #forgetOldKeys(now: Instant): void {
    for (const [key, { at }] of this.#keys) {
      if (at + this.#keepKeysMs > now) break
      this.#keys.delete(key)
    }
  }

  #tellWork(urgent = false): void {
    // Later, so that what a listener throws is its own and not the committer's.
    for (const listener of this.#listeners) void Promise.resolve(urgent).then(listener)
  }

  #demandOpen(operation: string): void {
    if (!this.#open) throw new QueueError('QUEUE_CLOSED', `${operation}: the store is not open`, { operation })
  }
}

const chunkOctets = 65_536

function addTally(sum: { -readonly [K in keyof Tally]: number }, more: Tally): void {
  for (const state of tallied) sum[state] += more[state]
}
