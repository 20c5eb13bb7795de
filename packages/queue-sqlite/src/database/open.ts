import { DatabaseSync } from 'node:sqlite'
import { migrate } from './migrate.ts'
import { applicationId, schema, schemaVersion } from './schema.ts'

/** The file is not a queue that this version can read. */
export class WrongFormat extends Error {
  override readonly name = 'WrongFormat'
  readonly found: string
  readonly expected: string = `queue version 1 to ${schemaVersion}`

  constructor(found: string) {
    super(`expected a queue of version 1 to ${schemaVersion}, found ${found}`)
    this.found = found
  }
}

/**
 * Takes the queue for one process, by a lock on a file beside the database, so that others may still read that. The lock
 * is the kernel's: it goes when the answer is closed, or with the process, however that ends.
 *
 * @throws what SQLite throws; errcode 5 when somebody else has it.
 */
export function lockQueue(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    // Nothing is ever written there.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    throw error
  }
}

/**
 * Opens the database to write, making it when there is none and bringing an older one up to date, in one transaction.
 * Only for who has the lock.
 *
 * @throws WrongFormat, or what SQLite throws.
 */
export function openDatabase(path: string, maxOctets?: number): DatabaseSync {
  // Others may look with tools of their own, which lock it for moments.
  const db = new DatabaseSync(path, { timeout: 5_000 })
  try {
    const tables = number(db, 'SELECT count(*) FROM sqlite_schema')
    const version = tables > 0 ? demandFormat(db) : undefined
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -16384;
      PRAGMA wal_autocheckpoint = 2000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA trusted_schema = OFF;
    `)
    if (maxOctets !== undefined) {
      const page = number(db, 'PRAGMA page_size')
      db.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(maxOctets / page))}`)
    }
    if (version === schemaVersion) return db
    db.exec('BEGIN EXCLUSIVE')
    if (version === undefined) db.exec(schema)
    else migrate(db, version)
    db.exec('COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens the database for a look at it; no older version. */
export function openReader(path: string): DatabaseSync {
  // Not as a read-only file: the last to leave tidies up the log.
  const db = new DatabaseSync(path, { timeout: 5_000 })
  try {
    const version = demandFormat(db)
    if (version < schemaVersion)
      throw new WrongFormat(`queue version ${version}, which the next start brings up to date`)
    db.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** The version of the tables that are there. */
function demandFormat(db: DatabaseSync): number {
  const id = number(db, 'PRAGMA application_id')
  if (id !== applicationId) throw new WrongFormat(`a database of another program (application_id ${id})`)
  const version = number(db, 'PRAGMA user_version')
  if (version < 1 || version > schemaVersion) throw new WrongFormat(`queue version ${version}`)
  return version
}

/** The one number a statement answers with. */
export function number(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get()
  const [value] = row === undefined ? [] : Object.values(row)
  return typeof value === 'number' ? value : Number(value ?? 0)
}

/** SQLite's primary result codes: somebody else has it; it is something else. */
export const busy = 5
export const notADatabase = 26

/** SQLite's primary result code of an error, if it is one of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error ? (error as Error & { errcode?: unknown }).errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
