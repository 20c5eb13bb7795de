/** "Angq": marks the file as ours. */
export const applicationId = 0x416e6771
/** Grows with each change of the tables. */
export const schemaVersion = 2

const workDue = 'CREATE INDEX work_due ON work (destination, priority, due, message) WHERE due IS NOT NULL;'

const lane = `CREATE TABLE lane (
  destination TEXT NOT NULL,
  priority INTEGER NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (destination, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_due ON lane (priority, due, destination);`

/**
 * `message.content` stands last, so that reading the rest does not touch its pages. `work.due` is null under a lease
 * that has not run out: then the row is in `work_leased`, else in `work_due`, so fresh mail that is leased as it
 * arrives costs neither that index nor its row in `lane`, which has each destination with due or later work, once for
 * each priority, and when the first of it is due.
 */
export const schema: string = `
CREATE TABLE message (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  accepted INTEGER NOT NULL,
  size INTEGER NOT NULL,
  facts TEXT NOT NULL,
  facts_sum INTEGER NOT NULL,
  sum INTEGER NOT NULL,
  filed INTEGER NOT NULL,
  content BLOB
) STRICT;
CREATE TABLE work (
  message INTEGER NOT NULL,
  destination TEXT NOT NULL,
  fence INTEGER NOT NULL,
  holder TEXT,
  until INTEGER,
  due INTEGER,
  queued INTEGER NOT NULL,
  held INTEGER NOT NULL,
  recipients TEXT NOT NULL,
  sum INTEGER NOT NULL,
  priority INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (message, destination)
) STRICT, WITHOUT ROWID;
${workDue}
CREATE INDEX work_leased ON work (until) WHERE until IS NOT NULL;
${lane}
CREATE TABLE corrupt (
  message INTEGER PRIMARY KEY,
  because TEXT NOT NULL
) STRICT;
CREATE TABLE key (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_at ON key (at);
CREATE TABLE ledger (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  batch INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  relayed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  held INTEGER NOT NULL
) STRICT;
INSERT INTO ledger VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
`

/** Brings a queue of the version before to the next; the first is for version 1. */
export const migrations: readonly string[] = [
  // Priorities: all that is there has 0, which its facts say by saying nothing.
  `
ALTER TABLE work ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
DROP INDEX work_due;
${workDue}
${lane}
INSERT INTO lane SELECT name, 0, due FROM destination;
DROP TABLE destination;
PRAGMA user_version = 2;
`,
]
