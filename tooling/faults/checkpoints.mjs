// Loaded into a store's thread: a checkpoint every 8 pages, so that a short run has many.
import { DatabaseSync } from 'node:sqlite'

const { exec } = DatabaseSync.prototype
DatabaseSync.prototype.exec = function (sql) {
  return exec.call(this, sql.replace(/wal_autocheckpoint = \d+/, 'wal_autocheckpoint = 8'))
}
