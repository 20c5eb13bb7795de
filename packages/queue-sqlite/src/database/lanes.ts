import type { Due, DueDestination } from '@angarium/queue'
import type { InLine } from '@angarium/queue/lifecycle'
import { dueForLevel, dueOf, inLine, levelMs } from '@angarium/queue/lifecycle'
import type { Statements } from './statements.ts'

/** The work of one priority for one destination. */
export interface Lane {
  readonly destination: string
  readonly priority: number
}

/** Which work is due when, by priority and destination. Each question costs what it answers, not what is queued. */
export class Lanes {
  readonly #db: Statements
  /** Those whose row in `lane` may no longer be true. */
  readonly #touched = new Map<string, Lane>()

  constructor(db: Statements) {
    this.#db = db
  }

  touch({ destination, priority }: Lane): void {
    this.#touched.set(`${priority} ${destination}`, { destination, priority })
  }

  /** Brings the rows of all touched lanes up to what their work says. */
  tell(): void {
    for (const lane of this.#touched.values()) this.#tell(lane)
    this.#touched.clear()
  }

  forget(): void {
    this.#touched.clear()
  }

  /** Leases that have run out make their work due again; the lease itself stays on it until somebody takes it. */
  sweep(now: number): void {
    const over = 'until <= ? AND due IS NULL AND message NOT IN (SELECT message FROM corrupt)'
    const found = this.#db.all<Lane>(`SELECT DISTINCT destination, priority FROM work WHERE ${over}`, now)
    if (found.length === 0) return
    this.#db.run(`UPDATE work SET due = until WHERE ${over}`, now)
    for (const lane of found) this.touch(lane)
  }

  due(limit: number, now: number): Due {
    this.tell()
    const levels = 'SELECT priority FROM lane WHERE priority < ? ORDER BY priority DESC LIMIT 1'
    const rows =
      'SELECT destination, due AS since, priority FROM lane WHERE priority = ? AND due <= ? ORDER BY due LIMIT ?'
    const later = 'SELECT min(due) AS at FROM lane WHERE priority = ? AND due > ?'
    const priorities = [...this.#priorities(levels)]
    const found = heads(priorities, limit + 1, (priority, until) =>
      this.#db.all<DueDestination>(rows, priority, Math.min(now, until), limit + 1),
    )
    const ends = this.#db.get('SELECT min(until) AS at FROM work WHERE until > ?', now)
    const next = [ends, ...priorities.map((priority) => this.#db.get(later, priority, now))]
      .map((row) => row?.at)
      .filter((at) => typeof at === 'number')
    return dueOf(found, limit, now, next.length === 0 ? undefined : Math.min(...next))
  }

  /** The numbers of messages due for a destination, first in line and at `level` or above, at most `limit`. */
  first(destination: string, level: number, limit: number, now: number): readonly number[] {
    const levels = `SELECT priority FROM work
      WHERE due IS NOT NULL AND destination = ? AND priority < ? ORDER BY priority DESC LIMIT 1`
    // Work whose message is missing is nothing to lease: hence the join.
    const rows = `SELECT w.message, w.due AS since, w.priority FROM work AS w JOIN message AS m ON m.seq = w.message
      WHERE w.destination = ? AND w.priority = ? AND w.due <= ? ORDER BY w.due, w.message LIMIT ?`
    const priorities = this.#priorities(levels, destination)
    const found = heads(priorities, limit, (priority, until) => {
      const due = Math.min(dueForLevel(level, priority, now), until)
      return this.#db.all<InLine & { readonly message: number }>(rows, destination, priority, due, limit)
    })
    return inLine(found)
      .slice(0, limit)
      .map(({ message }) => message)
  }

  /** Steps from one priority that is there to the next lower one, at most 19 times, without a look at what lies between. */
  *#priorities(sql: string, ...of: readonly string[]): Generator<number> {
    for (let last = 10; ; ) {
      const found = this.#db.get(sql, ...of, last)?.priority as number | undefined
      if (found === undefined) return
      yield found
      last = found
    }
  }

  #tell({ destination, priority }: Lane): void {
    const sql = 'SELECT due FROM work WHERE destination = ? AND priority = ? AND due IS NOT NULL ORDER BY due LIMIT 1'
    const due = this.#db.get(sql, destination, priority)?.due as number | undefined
    const lane = 'FROM lane WHERE destination = ? AND priority = ?'
    const told = this.#db.get(`SELECT due ${lane}`, destination, priority)?.due as number | undefined
    if (due === told) return
    if (due === undefined) this.#db.run(`DELETE ${lane}`, destination, priority)
    else this.#db.run('INSERT OR REPLACE INTO lane VALUES (?, ?, ?)', destination, priority, due)
  }
}

/**
 * What each priority has due, but for what cannot be among the first `limit` of all.
 *
 * @param read - at most `limit` of one priority, in order of due times, none due after `until`.
 */
function heads<T extends InLine>(
  priorities: Iterable<number>,
  limit: number,
  read: (priority: number, until: number) => readonly T[],
): readonly T[] {
  const found: T[] = []
  // Once one priority fills the list alone, another has to offer work that stands before the last of it.
  let last = Infinity
  for (const priority of priorities) {
    const some = read(priority, last + priority * levelMs)
    found.push(...some)
    const end = some[limit - 1]
    if (end !== undefined) last = end.since - priority * levelMs
  }
  return found
}
