import type { AbandonPolicy, Clock, Log, Millis, Random, StoreCapabilities } from '@angarium/queue'
import type { BodyFiles } from './bodies/files.ts'

/** What a SQLite store is made of. */
export interface SqliteStoreOptions {
  /** Where the queue lives: `queue.sqlite`, its log, and `bodies/`. Made when absent; on a local disk. */
  readonly directory: string
  readonly clock: Clock
  /** Makes ids: from a source that cannot be guessed. */
  readonly random: Random
  /** Contents up to so many octets are kept in the database and come along with leases. By default 65,536. */
  readonly bodyInRow?: number
  /** New mail is refused while the disk has less than so many octets left, so that outcomes can still be written. By default 64 MiB. */
  readonly minFree?: number
  /** The database grows no larger than so many octets; beyond that new mail is refused. By default no limit. */
  readonly maxOctets?: number
  /** How long an idempotency key is remembered. By default 7 days. */
  readonly keepKeysMs?: Millis
  readonly abandon?: Partial<AbandonPolicy>
  /** Files of large contents; by default real ones in `bodies/`. */
  readonly files?: BodyFiles
  /** Warned with `message-set-aside`, `id` and `because`, once for each message found damaged. By default silent. */
  readonly log?: Log
}

/** One process per queue; work is committed nowhere else. */
export const sqliteStoreCapabilities: StoreCapabilities = { manyWriters: false, wakeups: false }
