import type { Filter } from '@angarium/queue'
import type { Statements } from './statements.ts'

/** A destination with more in line is looked for among all work, of which it is then no small part. */
const few = 10_000

/**
 * The next ids, in order, of messages that may pass a filter: from the shortest lists that hold all that do, and what is
 * set aside, which is told of whatever it was. Costs the number asked for; for a destination also what waits for it, up
 * to {@link few}; and what is under a lease.
 */
export function candidates(db: Statements, filter: Filter, after: string, limit: number): readonly string[] {
  const { ids, state, destination } = filter
  const found = ids ?? [
    ...(state === 'held' || state === 'leased'
      ? listed(db, byState[state], after, limit)
      : destination !== undefined
        ? ofDestination(db, destination, after, limit)
        : state === 'deferred'
          ? listed(db, byState.deferred, after, limit)
          : listed(db, ['SELECT id FROM message WHERE id > ?'], after, limit)),
    ...listed(db, ['SELECT message FROM corrupt WHERE message > ?'], after, limit),
  ]
  return [...new Set(found)]
    .filter((id) => id > after)
    .sort()
    .slice(0, limit)
}

// Each list is named: nothing tells the planner which is short.
const held = 'SELECT message FROM work INDEXED BY work_held WHERE held > 0'
const leased = 'SELECT message FROM work INDEXED BY work_leased WHERE until IS NOT NULL AND due IS NULL'
const over = 'SELECT message FROM work INDEXED BY work_over WHERE until IS NOT NULL AND due IS NOT NULL'
const waiting = 'SELECT message FROM work INDEXED BY work_waiting WHERE turn IS NULL AND due IS NOT NULL'
const done = 'SELECT message FROM work INDEXED BY work_done WHERE queued = 0 AND held = 0'
const byTurn = 'SELECT message FROM work INDEXED BY work_turn WHERE turn IS NOT NULL AND due IS NOT NULL'
const byTime = 'SELECT message FROM work INDEXED BY work_due WHERE turn IS NULL AND due IS NOT NULL'

const byState = {
  held: [`${held} AND message > ?`],
  leased: [`${leased} AND message > ?`, `${over} AND message > ?`],
  deferred: [`${leased} AND message > ?`, `${waiting} AND message > ?`],
}

const byDestination = [leased, held, done].map((list) => `${list} AND destination = ? AND message > ?`)

function listed(db: Statements, lists: readonly string[], ...values: (string | number)[]): readonly string[] {
  return lists.flatMap((list) => db.column<string>(`${list} ORDER BY 1 LIMIT ?`, ...values))
}

function ofDestination(db: Statements, destination: string, after: string, limit: number): readonly string[] {
  // Not in order of ids: all of them, or none.
  const inLine = [byTurn, byTime].flatMap((list) =>
    db.column<string>(`${list} AND destination = ? LIMIT ?`, destination, few),
  )
  if (inLine.length < few) return [...inLine, ...listed(db, byDestination, destination, after, limit)]
  return listed(db, ['SELECT message FROM work WHERE destination = ? AND message > ?'], destination, after, limit)
}
