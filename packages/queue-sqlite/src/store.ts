import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type {
  Accepted,
  Change,
  CommitOptions,
  CorruptEntry,
  Cursor,
  Draft,
  Due,
  Entry,
  Envelope,
  Filter,
  Lease,
  LeaseRef,
  LeaseRequest,
  Millis,
  Progress,
  QueueId,
  QueueStats,
  Settlement,
  SettleResult,
  StoreCapabilities,
} from '@angarium/queue'
import { defaultAbandonPolicy, QueueError, silentLog } from '@angarium/queue'
import type { IdMaker } from '@angarium/queue/lifecycle'
import {
  checkChange,
  checkCommit,
  checkDuration,
  checkFilter,
  checkLeaseRequest,
  checkSettlement,
  createIdMaker,
  leaseOf,
  leaseRefOf,
  lowestLevel,
} from '@angarium/queue/lifecycle'
import { accept } from './accept.ts'
import { copyQueue, databaseName } from './backup.ts'
import type { BodyFiles } from './bodies/files.ts'
import { nodeBodyFiles } from './bodies/files.ts'
import { joined, Memory, octetsOf } from './bodies/memory.ts'
import { Room } from './bodies/room.ts'
import { diskFailed, Vault } from './bodies/vault.ts'
import type { CheckOptions, Finding } from './check.ts'
import { messageFacts, workOfRow } from './database/rows.ts'
import type { Content } from './draft.ts'
import { createDraft } from './draft.ts'
import { changeEntries, readContent, scanEntries, stretch } from './inspect.ts'
import type { SqliteStore, SqliteStoreOptions } from './options.ts'
import { sqliteStoreCapabilities } from './options.ts'
import { Reports } from './reports.ts'
import { Link, StoreFailed } from './thread/link.ts'
import type { NewMessage, SettleOrder } from './thread/protocol.ts'
import { checkClosed, checkOpen, strangers } from './upkeep.ts'

/**
 * Makes a store in a directory of its own; nothing is touched before `open`.
 *
 * `open` rejects with QUEUE_LOCKED when another process has the queue, QUEUE_FORMAT when the file is not one.
 */
export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new Store(options)
}

/** Makes a store and opens it. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const store = createSqliteStore(options)
  await store.open()
  return store
}

/**
 * Checks a queue that is closed, for as long as that takes nobody can open it. With `repair` it is opened for that, which
 * takes back leases and brings an older version up to date.
 *
 * @throws QueueError QUEUE_LOCKED, QUEUE_FORMAT, QUEUE_STORE_FAILED
 */
export async function* checkQueue(
  options: SqliteStoreOptions,
  { repair = false }: CheckOptions = {},
): AsyncGenerator<Finding> {
  if (!repair) {
    yield* checkClosed(options)
    return
  }
  const store = new Store(options)
  await store.open()
  try {
    yield* store.check({ repair }, true)
  } finally {
    await store.close()
  }
}

class Store implements SqliteStore {
  readonly capabilities: StoreCapabilities = sqliteStoreCapabilities
  readonly #options: SqliteStoreOptions
  readonly #files: BodyFiles
  readonly #vault: Vault
  readonly #room: Room
  readonly #memory = new Memory()
  readonly #bodyInRow: number
  readonly #listeners = new Set<(urgent: boolean) => void>()
  #link: Link | undefined
  #newId: IdMaker

  constructor(options: SqliteStoreOptions) {
    this.#options = options
    this.#bodyInRow = options.bodyInRow ?? 98_304
    this.#files = options.files ?? nodeBodyFiles(join(options.directory, 'bodies'))
    this.#vault = new Vault(this.#files, options.random)
    this.#room = new Room(this.#files, options.clock, options.minFree ?? 67_108_864)
    this.#newId = createIdMaker(options.clock, options.random)
  }

  async open(): Promise<void> {
    if (this.#link !== undefined) return
    const { directory, clock, random, abandon, keepKeysMs = 604_800_000, maxOctets, log = silentLog } = this.#options
    const link = new Link(
      () => clock.now(),
      ({ gone, setAside, parked }) => {
        for (const id of gone) void this.#vault.remove(id)
        for (const { id, because } of setAside) log.warn('message-set-aside', { id, because })
        for (const { id, destination, because } of parked) log.warn('message-parked', { id, destination, because })
      },
    )
    await this.#prepare()
    const policy = { ...defaultAbandonPolicy, ...abandon }
    const path = join(directory, databaseName)
    const opened = { path, now: clock.now(), ...policy, keepKeysMs, maxOctets }
    const greatest = await link.open(opened).catch(async (error) => {
      await this.#vault.close()
      throw error
    })
    try {
      // The lock is ours from here on: what no message speaks of belongs to nobody.
      const lost = await this.#vault.tidy((ids) => strangers(link, ids), clock.now())
      for (const id of lost) log.warn('content-set-aside', { id, because: 'no message speaks of it' })
      // The new database file needs its name to last as well.
      await this.#files.prepare()
    } catch (error) {
      await link.close()
      await this.#vault.close()
      throw failed('open', error)
    }
    this.#newId = createIdMaker(clock, random, greatest as QueueId | undefined)
    this.#link = link
  }

  async #prepare(): Promise<void> {
    try {
      await this.#files.prepare()
      await this.#room.look()
    } catch (error) {
      throw failed('open', error)
    }
  }

  async close(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    await link?.close()
    await this.#room.close()
    await this.#vault.close()
  }

  draft(hint?: { readonly size?: number; readonly id?: QueueId }): Draft {
    const id = this.#newId(hint?.id)
    return createDraft(id, this.#vault, this.#memory, this.#bodyInRow, (content, envelope, options) =>
      this.#commit(id, content, envelope, options),
    )
  }

  async #commit(id: QueueId, content: Content, envelope: Envelope, options: CommitOptions): Promise<Accepted> {
    const now = this.#options.clock.now()
    const { key } = options
    try {
      const link = this.#demand('commit')
      this.#room.demand()
      const filed = content.kind === 'filing' ? await content.filing.finish(id) : undefined
      const pieces = content.kind === 'memory' ? content.pieces : []
      const length = octetsOf(pieces)
      const { size, sum } = filed ?? { size: length, sum: pieces.reduce((sum, piece) => crc32(piece, sum), 0) }
      const { facts, works, rows } = accept(id, envelope, options, { size, sum, filed: filed !== undefined }, now)
      const message: NewMessage = { ...rows, at: 0, length }
      const leases = works
        .filter(({ lease }) => lease !== undefined)
        .map((work) => leaseOf(facts, work, filed === undefined ? joined(pieces) : undefined))
      const { answer } = await link.ask('commit', { message, key, now }, pieces)
      if (answer !== undefined) {
        if (filed !== undefined) await this.#vault.remove(id)
        return { id: answer as QueueId, duplicate: true, leases: [] }
      }
      if (leases.length < works.length) this.#tellWork()
      return { id, duplicate: false, leases }
    } catch (error) {
      // With the outcome unknown the row may be there: then its file must be, and the next start decides.
      if (content.kind === 'filing' && !(error instanceof StoreFailed && !error.clean)) {
        await content.filing.discard()
        await this.#vault.remove(id)
      }
      if (QueueError.is(error, 'QUEUE_STORE_FAILED') && error.detail.full === true) this.#room.refused()
      throw error
    } finally {
      this.#vault.spoken(id)
    }
  }

  get full(): boolean {
    return this.#room.full
  }

  async due(limit: number): Promise<Due> {
    const { answer } = await this.#demand('due').ask('due', { limit, now: this.#options.clock.now() })
    return answer
  }

  async lease(request: LeaseRequest): Promise<readonly Lease[]> {
    const link = this.#demand('lease')
    checkLeaseRequest(request)
    const { destination, holder, duration, limit, level = lowestLevel } = request
    const now = this.#options.clock.now()
    const { answer, contents } = await link.ask('lease', {
      ...{ destination, holder, limit, level, now },
      until: now + duration,
    })
    return answer.map(({ row, work, body }) =>
      leaseOf(messageFacts(row), workOfRow(work), body && stretch(contents, body)),
    )
  }

  async extend(leases: readonly LeaseRef[], duration: Millis): Promise<readonly LeaseRef[]> {
    const link = this.#demand('extend')
    checkDuration('extend', duration)
    const until = this.#options.clock.now() + duration
    const { answer } = await link.ask('extend', { leases: leases.map(leaseRefOf), until })
    return answer.flatMap((at) => leases[at] ?? [])
  }

  async settle(settlements: readonly Settlement[]): Promise<readonly SettleResult[]> {
    const link = this.#demand('settle')
    for (const settlement of settlements) {
      checkSettlement(settlement)
      for (const { envelope, options: given = {} } of settlement.spawn ?? []) checkCommit(envelope, given)
    }
    const now = this.#options.clock.now()
    const reports = new Reports(this.#vault, this.#bodyInRow)
    const orders: SettleOrder[] = []
    try {
      for (const { lease, recipients, abandoned, spawn = [] } of settlements) {
        const messages: NewMessage[] = []
        for (const one of spawn) messages.push(await reports.add(this.#newId(), one, now))
        orders.push({ lease: leaseRefOf(lease), recipients, abandoned, spawn: messages })
      }
      const { answer } = await link.ask('settle', { orders, now }, reports.contents)
      const kept = new Set<string>()
      const results = orders.map(({ spawn }, at): SettleResult => {
        if (answer.settled[at] !== true) return { kind: 'stale' }
        for (const { row } of spawn) kept.add(row[0])
        return { kind: 'settled', spawned: spawn.map(({ row: [id] }) => id as QueueId) }
      })
      await reports.discard(kept)
      if (answer.more) this.#tellWork()
      return results
    } catch (error) {
      if (!(error instanceof StoreFailed && !error.clean)) await reports.discard()
      throw error
    } finally {
      reports.over()
    }
  }

  read(id: QueueId): AsyncIterable<Uint8Array> {
    return readContent(this.#demand, this.#vault, id)
  }

  scan(filter: Filter = {}, after: Cursor = ''): AsyncIterable<Entry | CorruptEntry> {
    checkFilter('scan', filter)
    return scanEntries(this.#demand, filter, after)
  }

  async *change(filter: Filter, change: Change): AsyncGenerator<Progress> {
    checkChange(filter, change)
    for await (const progress of changeEntries(this.#demand, filter, change, this.#options.clock)) {
      if (progress.length > 0 && change.kind !== 'hold' && change.kind !== 'remove')
        this.#tellWork(change.kind === 'expedite')
      yield* progress
    }
  }

  async stats(): Promise<QueueStats> {
    return (await this.#demand('stats').ask('stats', {})).answer
  }

  async *check({ repair = false }: CheckOptions = {}, alone = false): AsyncGenerator<Finding> {
    const link = this.#demand('check')
    const path = join(this.#options.directory, databaseName)
    yield* checkOpen({ path, link, vault: this.#vault, now: this.#options.clock.now(), repair, alone })
  }

  async backup(directory: string): Promise<void> {
    this.#demand('backup')
    const release = await this.#vault.hold()
    try {
      await copyQueue(this.#options.directory, this.#files, directory)
    } catch (error) {
      throw failed('backup', error)
    } finally {
      release()
    }
  }

  onWork(listener: (urgent: boolean) => void): () => void {
    // Its own function each time, so that one listener may be added twice and taken away once.
    const heard = (urgent: boolean): void => listener(urgent)
    this.#listeners.add(heard)
    return () => this.#listeners.delete(heard)
  }

  #tellWork(urgent = false): void {
    for (const listener of this.#listeners) queueMicrotask(() => listener(urgent))
  }

  /** The thread, while the store is open. */
  readonly #demand = (operation: string): Link => {
    if (this.#link === undefined)
      throw new QueueError('QUEUE_CLOSED', `${operation}: the store is not open`, { operation })
    return this.#link
  }
}

function failed(operation: string, error: unknown): QueueError {
  if (error instanceof Error && error.name === 'QueueError') return error as QueueError
  return diskFailed(operation, error)
}
