import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { senderOf } from '@angarium/queue/lifecycle'
import { workSum } from './rows.ts'
import { corruptTable, ledgerTable, schemaVersion, toVersion2, workIndexes, workTable } from './schema.ts'

/** Brings the tables of a version up to date, within the transaction that is open. */
export function migrate(db: DatabaseSync, version: number): void {
  if (version < 2) db.exec(toVersion2)
  if (version < 3) toVersion3(db)
}

/**
 * Work is found by the message's id, names its sender, and stands in line by turns if it is fresh; what waits already
 * goes on by when it is due. Work whose message is missing stays, to be told of. When a lease began was not kept.
 */
function toVersion3(db: DatabaseSync): void {
  const plain = { deterministic: true, directOnly: true }
  db.function('sender_of', plain, (facts) => senderIn(String(facts)))
  // What did not match before is not to match now.
  db.function('sum_of', { ...plain, varargs: true }, (id, destination, priority, sender, recipients, sum) => {
    const held = crc32(`${String(id)} ${String(destination)} ${String(recipients)}`) === sum
    const now = workSum(String(id), String(destination), Number(priority), String(sender), String(recipients))
    return held ? now : now ^ 1
  })
  db.exec(`
DROP INDEX work_due;
DROP INDEX work_leased;
ALTER TABLE work RENAME TO work_2;
ALTER TABLE corrupt RENAME TO corrupt_2;
ALTER TABLE ledger RENAME TO ledger_2;
${workTable}
${corruptTable}
${ledgerTable}
INSERT INTO work
  SELECT id, destination, priority, sender, NULL, fence, holder, until, until, due, queued, held, recipients,
    sum_of(id, destination, priority, sender, recipients, sum)
  FROM (
    SELECT coalesce(m.id, 'missing-' || w.message) AS id, sender_of(m.facts) AS sender, w.*
    FROM work_2 AS w LEFT JOIN message AS m ON m.seq = w.message
  ) ORDER BY id, destination;
INSERT INTO corrupt SELECT m.id, c.because FROM corrupt_2 AS c JOIN message AS m ON m.seq = c.message;
INSERT INTO ledger SELECT 1, batch, 0, messages, accepted, delivered, relayed, 0, failed, 0, removed, queued, held
  FROM ledger_2;
DROP TABLE work_2;
DROP TABLE corrupt_2;
DROP TABLE ledger_2;
${workIndexes}
PRAGMA user_version = ${schemaVersion};
`)
}

/** Whose mail it is, by a message's facts; nobody's if they cannot be read. */
function senderIn(facts: string): string {
  try {
    const [reversePath] = JSON.parse(facts) as [unknown]
    return typeof reversePath === 'string' ? senderOf({ reversePath }, {}) : ''
  } catch {
    return ''
  }
}
