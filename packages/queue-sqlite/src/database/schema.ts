/** "Angq": marks the file as ours. */
export const applicationId = 0x416e6771
/** Grows with each change of the tables. */
export const schemaVersion = 3

/**
 * Work, and in which lists it stands. In line, fresh work by its turn and all else by when it is due: `work_turn` and
 * `work_due`, with `lane` for the heads. Under a lease: `work_leased`. Under one that has run out and that nobody has taken
 * over: `work_over`, beside its place in line. The rest is for an operator's questions. Fresh mail that is leased as it
 * arrives and gone a moment later costs one list and no more; mail that waits, one that is not in order of arrival: such
 * lists are what a deep queue costs.
 */
export const workTable: string = `
CREATE TABLE work (
  message TEXT NOT NULL,
  destination TEXT NOT NULL,
  priority INTEGER NOT NULL,
  sender TEXT NOT NULL,
  turn INTEGER,
  fence INTEGER NOT NULL,
  holder TEXT,
  since INTEGER,
  until INTEGER,
  due INTEGER,
  queued INTEGER NOT NULL,
  held INTEGER NOT NULL,
  recipients TEXT NOT NULL,
  sum INTEGER NOT NULL,
  PRIMARY KEY (message, destination)
) STRICT, WITHOUT ROWID;`

export const workIndexes: string = `
CREATE INDEX work_turn ON work (destination, priority, turn, message, due) WHERE turn IS NOT NULL AND due IS NOT NULL;
CREATE INDEX work_due ON work (destination, priority, due, message) WHERE turn IS NULL AND due IS NOT NULL;
CREATE INDEX work_leased ON work (until) WHERE until IS NOT NULL AND due IS NULL;
CREATE INDEX work_over ON work (until) WHERE until IS NOT NULL AND due IS NOT NULL;
CREATE INDEX work_done ON work (destination, message) WHERE queued = 0 AND held = 0;
CREATE INDEX work_waiting ON work (message) WHERE turn IS NULL AND due IS NOT NULL;
CREATE INDEX work_held ON work (message) WHERE held > 0;`

/** When the first of each destination's due or later work is due, once for each priority. */
const lane = `
CREATE TABLE lane (
  destination TEXT NOT NULL,
  priority INTEGER NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (destination, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_due ON lane (priority, due, destination);`

/** Messages set aside, with the reason. */
export const corruptTable: string = `
CREATE TABLE corrupt (
  message TEXT PRIMARY KEY,
  because TEXT NOT NULL
) STRICT, WITHOUT ROWID;`

/** `used`: the store's time at the last transaction. */
export const ledgerTable: string = `
CREATE TABLE ledger (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  batch INTEGER NOT NULL,
  used INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  relayed INTEGER NOT NULL,
  expanded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  held INTEGER NOT NULL
) STRICT;`

/** `message.content` stands last, so that reading the rest does not touch its pages. */
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
${workTable}
${workIndexes}
${lane}
${corruptTable}
CREATE TABLE key (
  name TEXT PRIMARY KEY,
  id TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX key_at ON key (at);
${ledgerTable}
INSERT INTO ledger VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
PRAGMA application_id = ${applicationId};
PRAGMA user_version = ${schemaVersion};
`

/** Priorities: all that was there has 0, which its facts say by saying nothing. */
export const toVersion2: string = `
ALTER TABLE work ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
DROP INDEX work_due;
CREATE INDEX work_due ON work (destination, priority, due, message) WHERE due IS NOT NULL;
${lane}
INSERT INTO lane SELECT name, 0, due FROM destination;
DROP TABLE destination;
PRAGMA user_version = 2;
`
