/**
 * The embedded durable store for `@angarium/queue`: SQLite in a thread of its own, many commits per sync, large contents
 * streamed to files while they arrive.
 *
 * @packageDocumentation
 */
export type { BodyFiles, BodyWriter } from './bodies/files.ts'
export { nodeBodyFiles } from './bodies/files.ts'
export type { CheckOptions, Finding } from './check.ts'
export type { SqliteStore, SqliteStoreOptions } from './options.ts'
export { sqliteStoreCapabilities } from './options.ts'
export { checkQueue, createSqliteStore, openSqliteStore } from './store.ts'
