/** "Angq": marks the file as ours. */
export const applicationId = 0x416e6771
/** Grows with each change of the tables. */
export const schemaVersion = 1

/**
 * `message.content` stands last, so that reading the rest does not touch its pages. `work.due` is null under a lease
 * that has not run out: then the row is in `work_leased`, else in `work_due`, so fresh mail that is leased as it
 * arrives costs neither that index nor its destination's row.
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
  PRIMARY KEY (message, destination)
) STRICT, WITHOUT ROWID;
CREATE INDEX work_due ON work (destination, due, message) WHERE due IS NOT NULL;
CREATE INDEX work_leased ON work (until) WHERE until IS NOT NULL;
CREATE TABLE destination (
  name TEXT PRIMARY KEY,
  due INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX destination_due ON destination (due, name);
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
