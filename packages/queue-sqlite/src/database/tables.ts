import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AbandonPolicy, QueueStats } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
import { tally } from '@angarium/queue/lifecycle'
import type { News, SetAside } from '../thread/protocol.ts'
import type { MessageRow, WorkRow } from './rows.ts'
import { Damaged, messageFacts, workOfRow, workRow } from './rows.ts'

/** A message row under its number. */
export type StoredMessage = MessageRow & { readonly seq: number }

type Counters = { -readonly [K in Exclude<keyof QueueStats, 'corrupt'>]: number }

const messageColumns = 'seq, id, accepted, size, facts, facts_sum AS factsSum, sum, filed'
const workColumns = 'destination, fence, holder, until, due, queued, held, recipients, sum'

/** Of a transaction that did only what was asked. */
export const noNews: News = { gone: [], setAside: [] }

/** The tables, the ledger, and what a transaction has touched so far. */
export class Tables {
  readonly policy: AbandonPolicy
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  /** Messages set aside. */
  #corrupt: Set<number>
  #counters: Counters
  #batch: number
  readonly #touched = new Set<string>()
  /** Works whose row says when they are due: the destination's row depends on them. */
  readonly #listed = new WeakSet<Work>()
  #gone: string[] = []
  #setAside: SetAside[] = []
  #changes = 0
  /** What a rollback goes back to. */
  #saved: { readonly counters: Counters; readonly corrupt: Set<number>; readonly batch: number } | undefined

  constructor(db: DatabaseSync, policy: AbandonPolicy) {
    this.#db = db
    this.policy = policy
    const { one: _, batch, ...counters } = this.get('SELECT * FROM ledger') as Counters & { one: number; batch: number }
    this.#counters = counters
    this.#batch = batch
    this.#corrupt = new Set(this.all('SELECT message FROM corrupt').map((row) => row.message as number))
  }

  /** Grows by one with each transaction: tells whether acknowledged ones are there. */
  get batch(): number {
    return this.#batch
  }

  get stats(): QueueStats {
    return { ...this.#counters, corrupt: this.#corrupt.size }
  }

  /** Prepared once, whatever its text. */
  statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  get(sql: string, ...values: Value[]): Record<string, unknown> | undefined {
    return this.statement(sql).get(...values)
  }

  all(sql: string, ...values: Value[]): Record<string, unknown>[] {
    return this.statement(sql).all(...values)
  }

  run(sql: string, ...values: Value[]): void {
    this.statement(sql).run(...values)
  }

  begin(): void {
    this.run('BEGIN IMMEDIATE')
    this.#saved = { counters: { ...this.#counters }, corrupt: new Set(this.#corrupt), batch: this.#batch }
    this.#batch++
    this.#changes = this.#totalChanges()
  }

  commit(): News {
    this.tellDestinations()
    if (this.#totalChanges() === this.#changes) {
      // Nothing was written: nothing to sync either.
      this.#batch--
      this.run('COMMIT')
      this.#saved = undefined
      return noNews
    }
    const { messages, accepted, delivered, relayed, failed, removed, queued, held } = this.#counters
    this.run(
      `UPDATE ledger SET batch = ?, messages = ?, accepted = ?, delivered = ?, relayed = ?, failed = ?, removed = ?,
       queued = ?, held = ?`,
      ...[this.#batch, messages, accepted, delivered, relayed, failed, removed, queued, held],
    )
    this.run('COMMIT')
    this.#saved = undefined
    const news = { gone: this.#gone, setAside: this.#setAside }
    this.#gone = []
    this.#setAside = []
    return news
  }

  rollback(): void {
    if (this.#saved !== undefined) {
      this.#counters = this.#saved.counters
      this.#corrupt = this.#saved.corrupt
      this.#batch = this.#saved.batch
      this.#saved = undefined
    }
    this.#touched.clear()
    this.#gone = []
    this.#setAside = []
    if (this.#db.isTransaction) this.run('ROLLBACK')
  }

  insertMessage(row: MessageRow, content: Uint8Array | null, works: readonly WorkRow[]): void {
    const { id, accepted, size, facts, factsSum, sum, filed } = row
    const { lastInsertRowid } = this.statement(
      'INSERT INTO message (id, accepted, size, facts, facts_sum, sum, filed, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(id, accepted, size, facts, factsSum, sum, filed, content)
    for (const work of works) {
      this.#writeWork(Number(lastInsertRowid), work)
      this.#counters.accepted += work.queued
      this.#counters.queued += work.queued
    }
    this.#counters.messages++
  }

  message(id: string): StoredMessage | undefined {
    return this.get(`SELECT ${messageColumns} FROM message WHERE id = ?`, id) as StoredMessage | undefined
  }

  messagesAfter(id: string, limit: number): readonly StoredMessage[] {
    const sql = `SELECT ${messageColumns} FROM message WHERE id > ? ORDER BY id LIMIT ?`
    return this.all(sql, id, limit) as unknown as readonly StoredMessage[]
  }

  content(seq: number): Uint8Array {
    const content = this.get('SELECT content FROM message WHERE seq = ?', seq)?.content
    return content instanceof Uint8Array ? content : new Uint8Array(0)
  }

  workRow(seq: number, destination: string): WorkRow | undefined {
    const sql = `SELECT ${workColumns} FROM work WHERE message = ? AND destination = ?`
    return this.get(sql, seq, destination) as WorkRow | undefined
  }

  workRows(seq: number): readonly WorkRow[] {
    return this.all(`SELECT ${workColumns} FROM work WHERE message = ?`, seq) as unknown as readonly WorkRow[]
  }

  /** The facts, or undefined after setting the message aside. */
  factsOf(row: StoredMessage): MessageFacts | undefined {
    return this.#readable(row, () => messageFacts(row))
  }

  /** The work, or undefined when there is none, or after setting the message aside. */
  workOf(message: StoredMessage, destination: string): Work | undefined {
    const row = this.workRow(message.seq, destination)
    const work = row && this.#readable(message, () => workOfRow(message.id, row))
    if (work !== undefined && row?.due !== null) this.#listed.add(work)
    return work
  }

  #readable<T>(message: StoredMessage, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Damaged) && !(error instanceof SyntaxError)) throw error
      this.spoil(message, error.message)
      return undefined
    }
  }

  isCorrupt(seq: number): boolean {
    return this.#corrupt.has(seq)
  }

  whyCorrupt(seq: number): string {
    return String(this.get('SELECT because FROM corrupt WHERE message = ?', seq)?.because ?? 'unknown')
  }

  /** Sets a message aside: its recipients stay counted, and nothing of it is due any more. */
  spoil({ seq, id }: Pick<StoredMessage, 'seq' | 'id'>, because: string): void {
    if (this.#corrupt.has(seq)) return
    this.#corrupt.add(seq)
    this.#setAside.push({ id, because })
    this.run('INSERT INTO corrupt VALUES (?, ?)', seq, because)
    for (const { destination } of this.workRows(seq)) this.#touched.add(destination)
    this.run('UPDATE work SET due = NULL WHERE message = ?', seq)
  }

  /** Stores work in its new shape; `before` is the shape the ledger knows. The message goes when nothing is left. */
  putWork(message: StoredMessage, before: Work | undefined, after: Work): void {
    this.#count(before, after)
    const row = workRow(message.id, after)
    if (before !== undefined && this.#listed.has(before)) this.#touched.add(row.destination)
    if (row.queued + row.held === 0 && !this.#unfinishedBeside(message.seq, row.destination)) {
      this.#deleteMessage(message)
      return
    }
    this.#writeWork(message.seq, this.isCorrupt(message.seq) ? { ...row, due: null } : row)
  }

  /** Takes a message out whatever state it is in; answers how many recipients that ends. */
  removeMessage(message: StoredMessage): number {
    let ended = 0
    for (const { destination, queued, held } of this.workRows(message.seq)) {
      this.#counters.queued -= queued
      this.#counters.held -= held
      ended += queued + held
      this.#touched.add(destination)
    }
    this.#counters.removed += ended
    this.#deleteMessage(message)
    return ended
  }

  /** Brings the rows of all touched destinations up to what their work says. */
  tellDestinations(): void {
    for (const name of this.#touched) this.#tellDestination(name)
    this.#touched.clear()
  }

  touch(destination: string): void {
    this.#touched.add(destination)
  }

  #deleteMessage({ seq, id, filed }: StoredMessage): void {
    this.run('DELETE FROM work WHERE message = ?', seq)
    this.run('DELETE FROM message WHERE seq = ?', seq)
    if (this.#corrupt.delete(seq)) this.run('DELETE FROM corrupt WHERE message = ?', seq)
    if (filed === 1) this.#gone.push(id)
    this.#counters.messages--
  }

  #unfinishedBeside(seq: number, destination: string): boolean {
    const sql = 'SELECT 1 FROM work WHERE message = ? AND destination <> ? AND queued + held > 0 LIMIT 1'
    return this.get(sql, seq, destination) !== undefined
  }

  #writeWork(seq: number, row: WorkRow): void {
    const { destination, fence, holder, until, due, queued, held, recipients, sum } = row
    this.run(
      'INSERT OR REPLACE INTO work VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[seq, destination, fence, holder, until, due, queued, held, recipients, sum],
    )
    if (due !== null) this.#touched.add(destination)
  }

  #count(before: Work | undefined, after: Work): void {
    const [old, now] = [tally(before === undefined ? [] : [before]), tally([after])]
    for (const state of ['delivered', 'relayed', 'failed', 'removed', 'queued', 'held'] as const)
      this.#counters[state] += now[state] - old[state]
  }

  #totalChanges(): number {
    return this.get('SELECT total_changes() AS n')?.n as number
  }

  /** Brings the destination's row up to what its work says. */
  #tellDestination(name: string): void {
    const sql = 'SELECT due FROM work WHERE destination = ? AND due IS NOT NULL ORDER BY due LIMIT 1'
    const due = this.get(sql, name)?.due as number | undefined
    const told = this.get('SELECT due FROM destination WHERE name = ?', name)?.due as number | undefined
    if (due === told) return
    if (due === undefined) this.run('DELETE FROM destination WHERE name = ?', name)
    else this.run('INSERT OR REPLACE INTO destination VALUES (?, ?)', name, due)
  }
}

type Value = string | number | null | Uint8Array
