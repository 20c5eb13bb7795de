import { DatabaseSync } from 'node:sqlite'
import { applicationId, migrations, schema, schemaVersion } from './schema.ts'

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
 * Opens the database for this process alone, making it when there is none and bringing an older one up to date, in one
 * transaction. The lock is the kernel's: it ends with the process, however that ends.
 *
 * @throws WrongFormat, or what SQLite throws; errcode 5 when somebody else has it.
 */
export function openDatabase(path: string, maxOctets?: number): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    // Before the first access: a WAL under an exclusive lock needs no shared memory, and nobody else gets in.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const tables = number(db, 'SELECT count(*) FROM sqlite_schema')
    const version = tables > 0 ? demandFormat(db) : undefined
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA temp_store = MEMORY;
      PRAGMA cache_size = -32768;
      PRAGMA wal_autocheckpoint = 8000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA trusted_schema = OFF;
    `)
    if (maxOctets !== undefined) {
      const page = number(db, 'PRAGMA page_size')
      db.exec(`PRAGMA max_page_count = ${Math.max(16, Math.floor(maxOctets / page))}`)
    }
    // Also takes the lock when there is nothing to make.
    db.exec('BEGIN EXCLUSIVE')
    if (version === undefined) db.exec(schema)
    else for (const migration of migrations.slice(version - 1)) db.exec(migration)
    db.exec('COMMIT')
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

/** SQLite's primary result code of an error, if it is one of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error ? (error as Error & { errcode?: unknown }).errcode : undefined
  return typeof code === 'number' ? code & 0xff : undefined
}
