import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What SQLite takes and gives. */
export type Value = string | number | null | Uint8Array

/** A database whose statements are prepared once. Rows are arrays, in the order of the columns asked for. */
export class Statements {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  /** @typeParam T - the columns, by the author's word. */
  row<T extends readonly unknown[]>(sql: string, ...values: Value[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined
  }

  /** @typeParam T - the columns, by the author's word. */
  rows<T extends readonly unknown[]>(sql: string, ...values: Value[]): readonly T[] {
    return this.#statement(sql).all(...values) as unknown as readonly T[]
  }

  /** The first column of the first row. */
  value<T extends Value>(sql: string, ...values: Value[]): T | undefined {
    return this.row<[T]>(sql, ...values)?.[0]
  }

  /** The first column of all rows. */
  column<T extends Value>(sql: string, ...values: Value[]): readonly T[] {
    return this.rows<[T]>(sql, ...values).map(([value]) => value)
  }

  /** Answers with the number of rows changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values).changes)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      statement.setReturnArrays(true)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
