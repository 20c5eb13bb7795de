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

/** Never much, hence in no other list. */
const leased = 'until IS NOT NULL AND due IS NULL'

const byState = {
  held: ['SELECT message FROM work WHERE held > 0 AND message > ?'],
  leased: [
    `SELECT message FROM work WHERE ${leased} AND message > ?`,
    'SELECT message FROM work WHERE until IS NOT NULL AND due IS NOT NULL AND message > ?',
  ],
  deferred: [
    `SELECT message FROM work WHERE ${leased} AND message > ?`,
    'SELECT message FROM work WHERE turn IS NULL AND due IS NOT NULL AND message > ?',
  ],
}

const byDestination = [
  `SELECT message FROM work WHERE ${leased} AND destination = ? AND message > ?`,
  'SELECT message FROM work WHERE (until IS NULL OR due IS NOT NULL) AND destination = ? AND message > ?',
]
