import type { Clock, Random } from '../clock.ts'
import { QueueError } from '../error.ts'
import { abandonWork, defaultAbandonPolicy } from '../lifecycle/abandon.ts'
import type { AbandonPolicy } from '../lifecycle/advance.ts'
import { changeWork, joinWork } from '../lifecycle/change.ts'
import { entryOf, leaseOf } from '../lifecycle/entry.ts'
import { filterPasses, filterPassesRecipient } from '../lifecycle/filter.ts'
import { lowestLevel } from '../lifecycle/line.ts'
import { rebaseWork } from '../lifecycle/rebase.ts'
import { planSettlements } from '../lifecycle/settle.ts'
import type { Work } from '../lifecycle/work.ts'
import { dueAt, leaseWork } from '../lifecycle/work.ts'
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
  Spawn,
  StoreCapabilities,
} from '../store/contract.ts'
import type { IdMaker } from '../store/id.ts'
import { createIdMaker } from '../store/id.ts'
import { createMemoryDraft } from './draft.ts'
import type { Message } from './message.ts'
import { newMessage } from './message.ts'
import { Shelf } from './shelf.ts'

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
  readonly #newId: IdMaker
  readonly #bodyInLease: number
  readonly #keepKeysMs: Millis
  readonly #abandon: AbandonPolicy
  readonly #shelf = new Shelf()
  readonly #keys = new Map<string, { readonly id: QueueId; readonly at: Instant }>()
  readonly #listeners = new Set<(urgent: boolean) => void>()
  #order = 0
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
    for (const message of this.#shelf.all())
      for (const work of message.works.values()) {
        const free = work.lease === undefined ? work : abandonWork(work, now, this.#abandon, order++)
        const next = rebaseWork(free, message.facts.acceptedAt, now)
        if (next !== work) this.#shelf.put(message, next, now)
      }
    this.#open = true
  }

  async close(): Promise<void> {
    this.#open = false
  }

  draft(hint: { readonly id?: QueueId } = {}): Draft {
    const id = this.#newId(hint.id)
    const order = this.#order++
    return createMemoryDraft(id, async (content, envelope, options) => {
      this.#demandOpen('commit')
      return this.#commit(order, id, content, envelope, options)
    })
  }

  #commit(order: number, id: QueueId, content: Uint8Array, envelope: Envelope, options: CommitOptions): Accepted {
    const now = this.#clock.now()
    const { key, lease: wanted } = options
    this.#forgetOldKeys(now)
    const known = key === undefined ? undefined : this.#keys.get(key)
    if (known !== undefined) return { id: known.id, duplicate: true, leases: [] }
    if (key !== undefined) this.#keys.set(key, { id, at: now })
    const message = newMessage(order, id, now, envelope, content, options)
    const leases: Lease[] = []
    for (const work of message.works.values()) {
      const leased = wanted && leaseWork(work, wanted.holder, now + wanted.duration, now)
      if (leased === undefined) continue
      message.works.set(work.destination, leased)
      leases.push(this.#leaseOf(message, leased))
    }
    this.#shelf.add(message, now)
    if (leases.length < message.works.size) this.#tellWork()
    return { id, duplicate: false, leases }
  }

  #leaseOf({ facts, content }: Message, leased: Work): Lease {
    return leaseOf(facts, leased, content.length <= this.#bodyInLease ? content.slice() : undefined)
  }

  async due(limit: number): Promise<Due> {
    this.#demandOpen('due')
    return this.#shelf.due(this.#clock.now(), limit)
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    this.#demandOpen('lease')
    checkLeaseRequest(request)
    const { destination, holder, duration, limit, level = lowestLevel } = request
    const now = this.#clock.now()
    const leases: Lease[] = []
    while (leases.length < limit) {
      // What was abandoned once too often turns out not to be due after all, hence in rounds.
      const found = this.#shelf.first(destination, level, now, limit - leases.length)
      if (found.length === 0) break
      for (const message of found) {
        const work = message.works.get(destination)
        if (work === undefined) continue
        const free = abandonWork(work, now, this.#abandon)
        const leased = leaseWork(free, holder, now + duration, now)
        this.#shelf.put(message, leased ?? free, now)
        if (leased !== undefined) leases.push(this.#leaseOf(message, leased))
      }
    }
    return leases
  }

  async extend(leases: readonly LeaseRef[], duration: Millis): Promise<readonly LeaseRef[]> {
    this.#demandOpen('extend')
    checkDuration('extend', duration)
    const now = this.#clock.now()
    return leases.filter((lease) => {
      const message = this.#shelf.get(lease.id)
      const work = message?.works.get(lease.destination)
      if (message === undefined || work?.lease === undefined || work.fence !== lease.fence) return false
      this.#shelf.put(message, { ...work, lease: { ...work.lease, until: now + duration } }, now)
      return true
    })
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    this.#demandOpen('settle')
    const now = this.#clock.now()
    const load = ({ id, destination }: LeaseRef): Work | undefined => this.#shelf.get(id)?.works.get(destination)
    const plan = planSettlements(settlements, load, now, this.#abandon)
    for (const { settlement } of plan)
      for (const { envelope, options = {} } of settlement.spawn ?? []) checkCommit(envelope, options)
    let more = false
    const results = plan.map(({ settlement, work }): SettleResult => {
      const message = this.#shelf.get(settlement.lease.id)
      if (work === 'stale' || message === undefined) return { kind: 'stale' }
      this.#shelf.put(message, work, now)
      const due = dueAt(work)
      const spawned = (settlement.spawn ?? []).map((spawn) => this.#spawn(spawn, now))
      more ||= spawned.length > 0 || (due !== undefined && due <= now)
      return { kind: 'settled', spawned }
    })
    if (more) this.#tellWork()
    return results
  }

  #spawn({ envelope, content, options = {} }: Spawn, now: Instant): QueueId {
    const id = this.#newId()
    this.#shelf.add(newMessage(this.#order++, id, now, envelope, content.slice(), options), now)
    return id
  }

  async *read(id: QueueId): AsyncGenerator<Uint8Array> {
    this.#demandOpen('read')
    const message = this.#shelf.get(id)
    if (message === undefined) throw new QueueError('QUEUE_NOT_FOUND', `no message ${id}`, { id })
    for (let at = 0; at < message.content.length; at += chunkOctets) yield message.content.slice(at, at + chunkOctets)
  }

  async *scan(filter: Filter = {}, after: Cursor = ''): AsyncGenerator<Entry> {
    this.#demandOpen('scan')
    checkFilter('scan', filter)
    for (const { facts, works } of this.#shelf.chosen(filter))
      if (facts.id > after && filterPasses(filter, facts, works.values())) yield entryOf(facts, works.values())
  }

  async *change(filter: Filter, change: Change): AsyncGenerator<Progress> {
    this.#demandOpen('change')
    checkChange(filter, change)
    for (const message of this.#shelf.chosen(filter)) {
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
      if (change.kind === 'reroute') {
        const present = message.works.get(change.destination)
        this.#shelf.put(message, joinWork(present, change.destination, changed.moved, work), now)
      }
      this.#shelf.put(message, changed.work, now)
    }
    if (applied > 0 && change.kind !== 'hold' && change.kind !== 'remove') this.#tellWork(change.kind === 'expedite')
    return applied
  }

  async stats(): Promise<QueueStats> {
    this.#demandOpen('stats')
    return this.#shelf.stats
  }

  onWork(listener: (urgent: boolean) => void): () => void {
    // Its own function each time, so that one listener may be added twice and taken away once.
    const heard = (urgent: boolean): void => listener(urgent)
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
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
