import type { DatabaseSync } from 'node:sqlite'
import { QueueError } from '@angarium/queue'
import { abandonWork, rebaseWork } from '@angarium/queue/lifecycle'
import type { Ask, Batch, News, Opening, Outcome, Reply, ThreadOptions } from '../thread/protocol.ts'
import { Contents } from './contents.ts'
import { change, mend, read, scan, stats, strangers } from './inspection.ts'
import { busy, lockQueue, notADatabase, number, openDatabase, sqliteCode, WrongFormat } from './open.ts'
import type { Scene } from './operations.ts'
import { commit, due, extend, lease, settle } from './operations.ts'
import { noNews, Tables } from './tables.ts'

const full = 13
/** Pause between two attempts to get a failed database back. */
const recoveryPause = 1_000

type Failure = Extract<Outcome, { ok: false }>

/** Does batches of operations, each batch one transaction and one sync. Lives in the store's thread. */
export class Engine {
  readonly #options: ThreadOptions
  #lock: DatabaseSync | undefined
  #db: DatabaseSync | undefined
  #tables: Tables | undefined
  /** The last transaction that was acknowledged: it must still be there after a failure. */
  #acknowledged = 0
  #lastRecovery: number | undefined

  constructor(options: ThreadOptions) {
    this.#options = options
  }

  /** Opens the database and takes back the leases of whoever had it before. */
  open(): Opening {
    try {
      this.#lock = lockQueue(this.#options.path)
      this.#connect()
      const tables = this.#tables as Tables
      const news = this.#takeOver(tables)
      this.#acknowledged = tables.batch
      const greatest = tables.db.value<string | null>('SELECT max(id) FROM message') ?? undefined
      return { ok: true, greatest, news }
    } catch (error) {
      this.close()
      return opening(error)
    }
  }

  close(): void {
    this.#disconnect()
    this.#lock?.close()
    this.#lock = undefined
  }

  handle({ asks, contents, now }: Batch): Reply {
    try {
      this.#recover(now)
      return this.#attempt(asks, contents, now)
    } catch (error) {
      const code = sqliteCode(error)
      this.#tables?.rollback()
      // A full disk is found before anything is written: what makes room may still succeed.
      if (code === full) return this.#withoutCommits({ asks, contents, now }, error)
      this.#disconnect()
      return { outcomes: asks.map(() => failure(error, false)), contents: new ArrayBuffer(0), news: noNews }
    }
  }

  #attempt(asks: readonly Ask[], given: Uint8Array, now: number): Reply {
    const tables = this.#tables as Tables
    const scene: Scene = {
      tables,
      given,
      contents: new Contents(),
      keepKeysMs: this.#options.keepKeysMs,
    }
    tables.begin()
    const outcomes = asks.map((ask): Outcome => {
      try {
        return { ok: true, answer: perform(scene, ask) }
      } catch (error) {
        // Thrown before anything is written; all else undoes the whole batch.
        if (!QueueError.is(error, 'QUEUE_MISUSE')) throw error
        return { ok: false, code: 'QUEUE_MISUSE', message: error.detail.because, clean: true }
      }
    })
    const news = tables.commit(now)
    this.#acknowledged = tables.batch
    return { outcomes, contents: scene.contents.take(), news }
  }

  #withoutCommits({ asks, ...batch }: Batch, because: unknown): Reply {
    const rest = asks.filter(({ op }) => op !== 'commit')
    if (rest.length === asks.length)
      return { outcomes: asks.map(() => failure(because, true)), contents: new ArrayBuffer(0), news: noNews }
    const reply = this.handle({ ...batch, asks: rest })
    const answers = reply.outcomes[Symbol.iterator]()
    const refused = failure(because, true)
    return { ...reply, outcomes: asks.map(({ op }) => (op === 'commit' ? refused : (answers.next().value ?? refused))) }
  }

  #connect(): void {
    const { path, holdAfter, spacing, maxOctets } = this.#options
    this.#db = openDatabase(path, maxOctets)
    this.#tables = new Tables(this.#db, { holdAfter, spacing })
  }

  #disconnect(): void {
    this.#tables = undefined
    try {
      this.#db?.close()
    } catch {
      // It is of no more use either way, and the lock goes with the process at the latest.
    }
    this.#db = undefined
  }

  /**
   * After a failure nothing in memory is believed: the database is opened anew and read whole, and has to hold the last
   * transaction that was acknowledged.
   */
  #recover(now: number): void {
    if (this.#tables !== undefined) return
    if (this.#lastRecovery !== undefined && now < this.#lastRecovery + recoveryPause && now >= this.#lastRecovery)
      throw new Error('the database failed and rests')
    this.#lastRecovery = now
    this.#connect()
    const db = this.#db as DatabaseSync
    const blocked = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy
    if (blocked !== 0) throw new Error('the log cannot be brought into the database')
    const verdict = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (verdict !== 'ok') throw new Error(`the database does not hold together: ${String(verdict)}`)
    if (number(db, 'SELECT batch FROM ledger') < this.#acknowledged) throw new Error('acknowledged work is missing')
    this.#lastRecovery = undefined
  }

  /** Leases of before are over; and if the clock was set back meanwhile, what waits does so from now on. */
  #takeOver(tables: Tables): News {
    const { now } = this.#options
    tables.begin()
    const leased = (list: string, due: string): string =>
      `SELECT message, destination FROM work INDEXED BY ${list} WHERE until IS NOT NULL AND due IS ${due}`
    const sql = `${leased('work_leased', 'NULL')} UNION ALL ${leased('work_over', 'NOT NULL')} ORDER BY 1, 2`
    let order = 0
    for (const [id, destination] of tables.db.rows<[string, string]>(sql)) {
      const work = tables.isCorrupt(id) ? undefined : tables.workOf(id, destination)
      if (work !== undefined) tables.putWork(id, work, abandonWork(work, now, tables.policy, order++), now)
    }
    if (tables.used > now) rebase(tables, now)
    return tables.commit(now)
  }
}

function rebase(tables: Tables, now: number): void {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const sql = 'SELECT id, accepted FROM message WHERE id > ? ORDER BY id LIMIT 1000'
    const found: readonly (readonly [string, number])[] = tables.db.rows<[string, number]>(sql, after)
    for (const [id, accepted] of found)
      for (const row of tables.isCorrupt(id) ? [] : tables.workRows(id)) {
        const work = tables.workIn(row)
        const rebased = work && rebaseWork(work, accepted, now)
        if (work !== undefined && rebased !== undefined && rebased !== work) tables.putWork(id, work, rebased, now)
      }
    after = found.at(-1)?.[0]
  }
}

function perform(scene: Scene, ask: Ask): unknown {
  switch (ask.op) {
    case 'commit':
      return commit(scene, ask)
    case 'due':
      return due(scene, ask)
    case 'lease':
      return lease(scene, ask)
    case 'extend':
      return extend(scene, ask)
    case 'settle':
      return settle(scene, ask)
    case 'read':
      return read(scene, ask)
    case 'scan':
      return scan(scene, ask)
    case 'change':
      return change(scene, ask)
    case 'stats':
      return stats(scene, ask)
    case 'strangers':
      return strangers(scene, ask)
    case 'mend':
      return mend(scene, ask)
  }
}

function failure(error: unknown, clean: boolean): Failure {
  return {
    ok: false,
    code: 'QUEUE_STORE_FAILED',
    message: error instanceof Error ? error.message : String(error),
    clean,
    ...(sqliteCode(error) === full && { full: true }),
  }
}

function opening(error: unknown): Failure {
  const code = sqliteCode(error)
  if (code === busy) return { ...failure(error, true), code: 'QUEUE_LOCKED' }
  if (error instanceof WrongFormat)
    return { ...failure(error, true), code: 'QUEUE_FORMAT', found: error.found, expected: error.expected }
  if (code === notADatabase)
    return { ...failure(error, true), code: 'QUEUE_FORMAT', found: 'no database', expected: 'a queue' }
  return failure(error, true)
}
