import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What SQLite takes and gives. */
export type Value = string | number | null | Uint8Array

/** A database whose statements are prepared once. */
export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** Prepared once, whatever its text. */
  statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }

  get(sql: string, ...values: Value[]): Record<string, unknown> | undefined {
    return this.statement(sql).get(...values)
  }

  /** @typeParam T - the columns, by the author's word. */
  all<T = Record<string, unknown>>(sql: string, ...values: Value[]): readonly T[] {
    return this.statement(sql).all(...values) as unknown as readonly T[]
  }

  run(sql: string, ...values: Value[]): void {
    this.statement(sql).run(...values)
  }
}
