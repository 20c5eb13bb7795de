import type { AbandonPolicy, Clock, Log, Millis, QueueStore, Random, StoreCapabilities } from '@angarium/queue'
import type { BodyFiles } from './bodies/files.ts'
import type { CheckOptions, Finding } from './check.ts'

/** What a SQLite store is made of. */
export interface SqliteStoreOptions {
  /** Where the queue lives: `queue.sqlite`, its log, and `bodies/`. Made when absent; on a local disk. */
  readonly directory: string
  readonly clock: Clock
  /** Makes ids: from a source that cannot be guessed. */
  readonly random: Random
  /** Contents up to so many octets are kept in the database and come along with leases. By default 98,304. */
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
  /**
   * Warned with `id` and `because`: `message-set-aside`, once for each message found damaged, and `content-set-aside`, for
   * each content file found at the start that no message speaks of; and of each message that is held because its attempts
   * never end: `message-parked`, with its `destination` besides. By default silent.
   */
  readonly log?: Log
}

/** What a SQLite store can do beside the contract. */
export interface SqliteStore extends QueueStore {
  /**
   * Whether new mail would be refused now for want of room, as last known: so that it can be refused before its content
   * is sent. @rfc 3463 3.5
   */
  readonly full: boolean
  /**
   * Checks what is stored, beside the mail that flows: SQLite's structure, checksums of envelopes, recipients and
   * contents, lines and ledger against the work, files. Content files of messages that go meanwhile stay until its end.
   *
   * @throws QueueError QUEUE_CLOSED, QUEUE_STORE_FAILED
   */
  check(options?: CheckOptions): AsyncIterable<Finding>
  /**
   * Copies the queue as it is at one moment into a directory, made when absent, while mail flows. Durable when it
   * resolves; before that the copy is none. Open it like any queue: leases that were out are taken back. Content files
   * are shared with the queue by hard link where the file system can, else copied.
   *
   * @throws QueueError QUEUE_CLOSED, QUEUE_STORE_FAILED, QUEUE_MISUSE when there is a queue in that directory
   */
  backup(directory: string): Promise<void>
}

/** One process per queue; work is committed nowhere else. */
export const sqliteStoreCapabilities: StoreCapabilities = { manyWriters: false, wakeups: false }
