import type { Filter } from '@angarium/queue'
import type { Statements } from './statements.ts'

/**
 * The next ids, in order, of messages that may pass a filter: from the shortest lists that hold all that do, and what is
 * set aside, which is told of whatever it was. Costs the number asked for, and what is under a lease.
 */
export function candidates(db: Statements, filter: Filter, after: string, limit: number): readonly string[] {
  const { ids, state, destination } = filter
  const lists =
    ids !== undefined
      ? []
      : state === 'held' || state === 'leased'
        ? byState[state]
        : destination !== undefined
          ? byDestination
          : state === 'deferred'
            ? byState.deferred
            : ['SELECT id FROM message WHERE id > ?']
  const of = lists === byDestination && destination !== undefined ? [destination] : []
  const found = lists.flatMap((list) => db.column<string>(`${list} ORDER BY 1 LIMIT ?`, ...of, after, limit))
  const corrupt = db.column<string>('SELECT message FROM corrupt WHERE message > ? ORDER BY 1 LIMIT ?', after, limit)
  return [...new Set(ids ?? [...found, ...corrupt])]
    .filter((id) => id > after)
    .sort()
    .slice(0, limit)
}

// Each list is named: nothing tells the planner which is short.
const held = 'SELECT message FROM work INDEXED BY work_held WHERE held > 0'
/** Never much, hence in no other list. */
const leased = 'SELECT message FROM work INDEXED BY work_leased WHERE until IS NOT NULL AND due IS NULL'
const over = 'SELECT message FROM work INDEXED BY work_over WHERE until IS NOT NULL AND due IS NOT NULL'
const waiting = 'SELECT message FROM work INDEXED BY work_waiting WHERE turn IS NULL AND due IS NOT NULL'
const others = 'SELECT message FROM work INDEXED BY work_of WHERE (until IS NULL OR due IS NOT NULL)'

const byState = {
  held: [`${held} AND message > ?`],
  leased: [`${leased} AND message > ?`, `${over} AND message > ?`],
  deferred: [`${leased} AND message > ?`, `${waiting} AND message > ?`],
}

const byDestination = [`${leased} AND destination = ? AND message > ?`, `${others} AND destination = ? AND message > ?`]
