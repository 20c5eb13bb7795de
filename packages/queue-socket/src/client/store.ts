import { randomBytes } from 'node:crypto'
import type {
  Change,
  Clock,
  CorruptEntry,
  Cursor,
  Draft,
  Due,
  Entry,
  Filter,
  Lease,
  LeaseRef,
  LeaseRequest,
  Log,
  Millis,
  Progress,
  QueueId,
  QueueStats,
  QueueStore,
  Random,
  Settlement,
  SettleResult,
  StoreCapabilities,
} from '@angarium/queue'
import { QueueError, silentLog } from '@angarium/queue'
import type { IdMaker } from '@angarium/queue/lifecycle'
import {
  checkCommit,
  checkDuration,
  checkLeaseRequest,
  checkSettlement,
  createIdMaker,
  leaseRefOf,
} from '@angarium/queue/lifecycle'
import { Link } from '../socket/link.ts'
import { storeFailed } from '../wire/errors.ts'
import type { Parcel } from '../wire/frames.ts'
import { count, list, object } from '../wire/shape.ts'
import { cutter, entries, packSettlements, unpackLeases } from '../wire/values.ts'
import { SocketDraft } from './draft.ts'
import { Session } from './session.ts'

/** What {@link connectQueue} is given. */
export interface QueueClientOptions {
  /** The owner's socket. */
  readonly path: string
  /** Makes ids; the owner's clock does all else. By default the machine's. */
  readonly clock?: Pick<Clock, 'now'>
  /** Makes ids: from a source that cannot be guessed. By default the machine's. */
  readonly random?: Pick<Random, 'bytes'>
  /** How long `open` waits for an owner. By default 10 seconds. */
  readonly connectMs?: Millis
  /** Warned when the owner is lost, told when it is back. By default silent. */
  readonly log?: Log
}

/** What every store behind a socket can do. */
export const socketStoreCapabilities: StoreCapabilities = { manyWriters: true, wakeups: true }

/**
 * Makes a store that another process owns; nothing is touched before `open`, which connects. When the owner is lost, the
 * connection is made anew as soon as there is one; until then all is refused with QUEUE_STORE_FAILED. What was asked and
 * not answered is refused in the same way, and may have been done: an idempotency key decides, and a fence.
 *
 * `open` rejects with QUEUE_STORE_FAILED when there is no owner, QUEUE_FORMAT when it speaks another language. `draft`
 * throws where `commit` would reject, and when more messages were begun than the owner takes from one connection.
 */
export function connectQueue(options: QueueClientOptions): QueueStore {
  return new SocketStore(options)
}

/** Leases in one answer, which bring their contents. */
const leaseBatch = 64

/** Octets of reports in one question. */
const settleOctets = 8_388_608

class SocketStore implements QueueStore {
  readonly capabilities: StoreCapabilities = socketStoreCapabilities
  readonly #connectMs: Millis
  readonly #newId: IdMaker
  readonly #link: Link
  readonly #listeners = new Set<(urgent: boolean) => void>()
  #open = false
  #session: Session | undefined

  constructor(options: QueueClientOptions) {
    const {
      path,
      connectMs = 10_000,
      clock = { now: Date.now },
      random = { bytes: randomBytes },
      log = silentLog,
    } = options
    this.#connectMs = connectMs
    this.#newId = createIdMaker(clock, random)
    this.#link = new Link({
      path,
      errand: 'queue',
      log,
      admit: (channel, welcome) => {
        const session = new Session(channel, welcome, {
          work: (urgent) => this.#tellWork(urgent),
          ended: () => {
            if (this.#session === session) this.#session = undefined
          },
        })
        this.#begin(session)
        return session
      },
    })
  }

  async open(): Promise<void> {
    if (this.#open) return
    this.#open = true
    try {
      await this.#link.open(this.#connectMs)
    } catch (error) {
      this.#open = false
      throw error
    }
  }

  async close(): Promise<void> {
    this.#open = false
    this.#link.close()
    await this.#session?.finish()
  }

  draft({ size, id }: { readonly size?: number; readonly id?: QueueId } = {}): Draft {
    const session = this.#demand('draft')
    return new SocketDraft(session, this.#newId(id), size)
  }

  async due(limit: number): Promise<Due> {
    const { destinations, next } = await this.#demand('due').ask('due', ({ value }) => trusted<Due>(value), { limit })
    return { destinations, next }
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    this.#demand('lease')
    checkLeaseRequest(request)
    const leases: Lease[] = []
    while (leases.length < request.limit) {
      const limit = Math.min(leaseBatch, request.limit - leases.length)
      try {
        const more = await this.#demand('lease').ask('lease', leasesOf, { request: { ...request, limit } })
        leases.push(...more)
        if (more.length < limit) break
      } catch (error) {
        // What we have is ours all the same.
        if (leases.length === 0) throw error
        break
      }
    }
    return leases
  }

  async extend(leases: readonly LeaseRef[], duration: Millis): Promise<readonly LeaseRef[]> {
    const session = this.#demand('extend')
    checkDuration('extend', duration)
    const kept = await session.ask('extend', placesOf, { leases: leases.map(leaseRefOf), duration })
    return kept.flatMap((at) => leases[at] ?? [])
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const session = this.#demand('settle')
    for (const settlement of settlements) {
      checkSettlement(settlement)
      for (const { envelope, options = {} } of settlement.spawn ?? []) checkCommit(envelope, options)
    }
    const asked = batches(settlements).map((batch) => {
      const octets: Uint8Array[] = []
      return session.ask('settle', resultsOf, { settlements: packSettlements(batch, octets) }, octets)
    })
    return (await Promise.all(asked)).flat()
  }

  async *read(id: QueueId): AsyncGenerator<Uint8Array> {
    yield* this.#demand('read').pages('read', piecesOf, { id })
  }

  async *scan(filter: Filter = {}, after: Cursor = ''): AsyncGenerator<Entry | CorruptEntry> {
    yield* this.#demand('scan').pages('scan', entries, { filter, after })
  }

  async *change(filter: Filter, change: Change): AsyncGenerator<Progress> {
    yield* this.#demand('change').pages('change', list(trusted<Progress>), { filter, change })
  }

  async stats(): Promise<QueueStats> {
    return this.#demand('stats').ask('stats', ({ value }) => trusted<QueueStats>(value))
  }

  onWork(listener: (urgent: boolean) => void): () => void {
    // Its own function each time, so that one listener may be added twice and taken away once.
    const heard = (urgent: boolean): void => listener(urgent)
    if (this.#listeners.size === 0) this.#session?.listen()
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  #begin(session: Session): void {
    this.#session = session
    this.#newId(session.welcome.after)
    if (this.#listeners.size === 0) return
    session.listen()
    // What happened while nobody told us?
    this.#tellWork(false)
  }

  #tellWork(urgent: boolean): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(urgent))
  }

  /** The connection, while the store is open and has one. */
  #demand(operation: string): Session {
    if (!this.#open) throw new QueueError('QUEUE_CLOSED', `${operation}: the store is not open`, { operation })
    if (this.#session === undefined) throw storeFailed(operation, 'the owner is not there; nothing was done')
    return this.#session
  }
}

/** What the owner's store said; the owner is what we trust with the mail. */
function trusted<T>(value: unknown): T {
  return object(value) as T
}

function leasesOf({ value, octets }: Parcel): readonly Lease[] {
  return unpackLeases(value, octets)
}

function placesOf({ value }: Parcel): readonly number[] {
  return list(count)(value)
}

function resultsOf({ value }: Parcel): readonly SettleResult[] {
  return list(trusted<SettleResult>)(value)
}

function piecesOf(lengths: unknown, octets: Buffer): readonly Uint8Array[] {
  return list(count)(lengths).map(cutter(octets))
}

/** Settlements in batches whose reports are not too much for one question. */
function batches(settlements: readonly Settlement[]): Settlement[][] {
  const all: Settlement[][] = []
  let octets = 0
  let batch: Settlement[] = []
  for (const settlement of settlements) {
    let more = 0
    for (const { content } of settlement.spawn ?? []) more += content.length
    if (batch.length > 0 && octets + more > settleOctets) {
      all.push(batch)
      batch = []
      octets = 0
    }
    batch.push(settlement)
    octets += more
  }
  return [...all, batch]
}
