import type { Due, DueDestination } from '@angarium/queue'
import type { InLine, TurnKey } from '@angarium/queue/lifecycle'
import { dueForLevel, dueOf, inLine, levelMs } from '@angarium/queue/lifecycle'
import type { Statements } from './statements.ts'

interface Waiting extends InLine {
  readonly message: string
}

/** Which work is due when, by priority and destination. Each question costs what it answers, not what is queued. */
export class Lanes {
  readonly #db: Statements
  /** Those whose row in `lane` may no longer be true. */
  readonly #touched = new Map<string, TurnKey>()
  /** No lease runs out before this; unknown after an opening or a rollback. */
  #nextEnd = -Infinity

  constructor(db: Statements) {
    this.#db = db
  }

  touch({ destination, priority }: TurnKey): void {
    this.#touched.set(`${priority} ${destination}`, { destination, priority })
  }

  /** A lease will run out then. */
  ends(until: number): void {
    this.#nextEnd = Math.min(this.#nextEnd, until)
  }

  /** Brings the rows of all touched lanes up to what their work says. */
  tell(): void {
    for (const lane of this.#touched.values()) this.#tell(lane)
    this.#touched.clear()
  }

  forget(): void {
    this.#touched.clear()
    this.#nextEnd = -Infinity
  }

  /**
   * Leases that have run out make their work due again, by time and no longer by turn; the lease itself stays on it until
   * somebody takes it.
   */
  sweep(now: number): void {
    if (now < this.#nextEnd) return
    const over = 'until IS NOT NULL AND due IS NULL AND until <= ? AND message NOT IN (SELECT message FROM corrupt)'
    const found = this.#db.rows<[string, number]>(`SELECT DISTINCT destination, priority FROM work WHERE ${over}`, now)
    if (found.length > 0) this.#db.run(`UPDATE work SET due = until, turn = NULL WHERE ${over}`, now)
    for (const [destination, priority] of found) this.touch({ destination, priority })
    this.#nextEnd = this.#firstEnd(now) ?? Infinity
  }

  due(limit: number, now: number): Due {
    this.tell()
    const levels = 'SELECT priority FROM lane WHERE priority < ? ORDER BY priority DESC LIMIT 1'
    const rows = 'SELECT destination, due FROM lane WHERE priority = ? AND due <= ? ORDER BY due LIMIT ?'
    const later = 'SELECT min(due) FROM lane WHERE priority = ? AND due > ?'
    const found: DueDestination[] = []
    const next: (number | null | undefined)[] = [this.#firstEnd(now)]
    // Once one priority fills the list alone, another has to offer work that stands before the last of it.
    let last = Infinity
    for (const priority of this.#priorities(levels)) {
      const until = Math.min(now, last + priority * levelMs)
      const some = this.#db.rows<[string, number]>(rows, priority, until, limit + 1)
      for (const [destination, since] of some) found.push({ destination, since, priority })
      const end = some[limit]
      if (end !== undefined) last = end[1] - priority * levelMs
      next.push(this.#db.value<number | null>(later, priority, now))
    }
    const times = next.filter((at) => typeof at === 'number')
    return dueOf(found, limit, now, times.length === 0 ? undefined : Math.min(...times))
  }

  /** The messages due for a destination, first in line and at `level` or above, at most `limit`. */
  first(destination: string, level: number, limit: number, now: number): readonly string[] {
    const lists: (readonly Waiting[])[] = []
    for (const list of ['turn IS NOT NULL', 'turn IS NULL']) {
      const levels = `SELECT priority FROM work
        WHERE ${list} AND due IS NOT NULL AND destination = ? AND priority < ? ORDER BY priority DESC LIMIT 1`
      const order = list === 'turn IS NULL' ? 'due, message' : 'turn, message'
      const rows = `SELECT message, due FROM work
        WHERE ${list} AND due IS NOT NULL AND destination = ? AND priority = ? ORDER BY ${order} LIMIT ?`
      for (const priority of this.#priorities(levels, destination)) {
        const until = dueForLevel(level, priority, now)
        const found = this.#db.rows<[string, number]>(rows, destination, priority, limit)
        const end = found.findIndex(([, due]) => due > until)
        lists.push((end < 0 ? found : found.slice(0, end)).map(([message, since]) => ({ message, since, priority })))
      }
    }
    return inLine(lists, limit).map(({ message }) => message)
  }

  /** The least turn there is. */
  leastTurn({ destination, priority }: TurnKey): number | undefined {
    const sql = `SELECT turn FROM work
      WHERE turn IS NOT NULL AND due IS NOT NULL AND destination = ? AND priority = ? ORDER BY turn LIMIT 1`
    return this.#db.value<number>(sql, destination, priority)
  }

  /** Steps from one priority that is there to the next lower one, at most 19 times, without a look at what lies between. */
  *#priorities(sql: string, ...of: readonly string[]): Generator<number> {
    for (let last = 10; ; ) {
      const found = this.#db.value<number>(sql, ...of, last)
      if (found === undefined) return
      yield found
      last = found
    }
  }

  #firstEnd(now: number): number | undefined {
    const sql = 'SELECT min(until) FROM work WHERE until IS NOT NULL AND due IS NULL AND until > ?'
    return this.#db.value<number | null>(sql, now) ?? undefined
  }

  /**
   * What the table `lane` says of a lane, and when its first is due in truth: the head of those that wait by turns, or of
   * those that wait by time.
   */
  heads({ destination, priority }: TurnKey): { readonly told: number | undefined; readonly head: number | undefined } {
    const of = 'due IS NOT NULL AND destination = ?1 AND priority = ?2'
    const sql = `SELECT (SELECT due FROM lane WHERE destination = ?1 AND priority = ?2),
      (SELECT due FROM work WHERE turn IS NOT NULL AND ${of} ORDER BY turn, message LIMIT 1),
      (SELECT due FROM work WHERE turn IS NULL AND ${of} ORDER BY due LIMIT 1)`
    const [told, byTurn, byTime] = this.#db.row<(number | null)[]>(sql, destination, priority) ?? []
    const head = Math.min(byTurn ?? Infinity, byTime ?? Infinity)
    return { told: told ?? undefined, head: head === Infinity ? undefined : head }
  }

  #tell(lane: TurnKey): void {
    const { told, head } = this.heads(lane)
    if (head === told) return
    const { destination, priority } = lane
    if (head !== undefined) this.#db.run('INSERT OR REPLACE INTO lane VALUES (?, ?, ?)', destination, priority, head)
    else this.#db.run('DELETE FROM lane WHERE destination = ? AND priority = ?', destination, priority)
  }
}
