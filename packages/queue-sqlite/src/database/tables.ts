import type { DatabaseSync } from 'node:sqlite'
import type { AbandonPolicy, QueueStats } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
import { tally } from '@angarium/queue/lifecycle'
import type { News, SetAside } from '../thread/protocol.ts'
import { Lanes } from './lanes.ts'
import type { MessageRow, WorkRow } from './rows.ts'
import { Damaged, messageFacts, workOfRow, workRow } from './rows.ts'
import { Statements } from './statements.ts'

/** A message row under its number. */
export type StoredMessage = MessageRow & { readonly seq: number }

type Counters = { -readonly [K in Exclude<keyof QueueStats, 'corrupt'>]: number }

const messageColumns = 'seq, id, accepted, size, facts, facts_sum AS factsSum, sum, filed'
const workColumns = 'destination, fence, holder, until, due, queued, held, recipients, sum, priority'

/** Of a transaction that did only what was asked. */
export const noNews: News = { gone: [], setAside: [] }

/** The tables, the ledger, and what a transaction has touched so far. */
export class Tables {
  readonly policy: AbandonPolicy
  readonly db: Statements
  readonly lanes: Lanes
  readonly #database: DatabaseSync
  /** Messages set aside. */
  #corrupt: Set<number>
  #counters: Counters
  #batch: number
  /** Works whose row says when they are due: their lane depends on them. */
  readonly #listed = new WeakSet<Work>()
  #gone: string[] = []
  #setAside: SetAside[] = []
  #changes = 0
  /** What a rollback goes back to. */
  #saved: { readonly counters: Counters; readonly corrupt: Set<number>; readonly batch: number } | undefined

  constructor(db: DatabaseSync, policy: AbandonPolicy) {
    this.#database = db
    this.db = new Statements(db)
    this.lanes = new Lanes(this.db)
    this.policy = policy
    const ledger = this.db.get('SELECT * FROM ledger') as Counters & { one: number; batch: number }
    const { one: _, batch, ...counters } = ledger
    this.#counters = counters
    this.#batch = batch
    this.#corrupt = new Set(this.db.all('SELECT message FROM corrupt').map((row) => row.message as number))
  }

  /** Grows by one with each transaction: tells whether acknowledged ones are there. */
  get batch(): number {
    return this.#batch
  }

  get stats(): QueueStats {
    return { ...this.#counters, corrupt: this.#corrupt.size }
  }

  begin(): void {
    this.db.run('BEGIN IMMEDIATE')
    this.#saved = { counters: { ...this.#counters }, corrupt: new Set(this.#corrupt), batch: this.#batch }
    this.#batch++
    this.#changes = this.#totalChanges()
  }

  commit(): News {
    this.lanes.tell()
    if (this.#totalChanges() === this.#changes) {
      // Nothing was written: nothing to sync either.
      this.#batch--
      this.db.run('COMMIT')
      this.#saved = undefined
      return noNews
    }
    const { messages, accepted, delivered, relayed, failed, removed, queued, held } = this.#counters
    this.db.run(
      `UPDATE ledger SET batch = ?, messages = ?, accepted = ?, delivered = ?, relayed = ?, failed = ?, removed = ?,
       queued = ?, held = ?`,
      ...[this.#batch, messages, accepted, delivered, relayed, failed, removed, queued, held],
    )
    this.db.run('COMMIT')
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
    this.lanes.forget()
    this.#gone = []
    this.#setAside = []
    if (this.#database.isTransaction) this.db.run('ROLLBACK')
  }

  insertMessage(row: MessageRow, content: Uint8Array | null, works: readonly WorkRow[]): void {
    const { id, accepted, size, facts, factsSum, sum, filed } = row
    const { lastInsertRowid } = this.db
      .statement(
        'INSERT INTO message (id, accepted, size, facts, facts_sum, sum, filed, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(id, accepted, size, facts, factsSum, sum, filed, content)
    for (const work of works) {
      this.#writeWork(Number(lastInsertRowid), work)
      this.#counters.accepted += work.queued
      this.#counters.queued += work.queued
    }
    this.#counters.messages++
  }

  message(id: string): StoredMessage | undefined {
    return this.db.get(`SELECT ${messageColumns} FROM message WHERE id = ?`, id) as StoredMessage | undefined
  }

  messagesAfter(id: string, limit: number): readonly StoredMessage[] {
    const sql = `SELECT ${messageColumns} FROM message WHERE id > ? ORDER BY id LIMIT ?`
    return this.db.all<StoredMessage>(sql, id, limit)
  }

  /** A message that is there, with its content unless that is a file. */
  messageAt(seq: number): StoredMessage & { readonly content: Uint8Array | null } {
    return this.db.get(`SELECT ${messageColumns}, content FROM message WHERE seq = ?`, seq) as never
  }

  content(seq: number): Uint8Array {
    const content = this.db.get('SELECT content FROM message WHERE seq = ?', seq)?.content
    return content instanceof Uint8Array ? content : new Uint8Array(0)
  }

  workRow(seq: number, destination: string): WorkRow | undefined {
    const sql = `SELECT ${workColumns} FROM work WHERE message = ? AND destination = ?`
    return this.db.get(sql, seq, destination) as WorkRow | undefined
  }

  workRows(seq: number): readonly WorkRow[] {
    return this.db.all<WorkRow>(`SELECT ${workColumns} FROM work WHERE message = ?`, seq)
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
    return String(this.db.get('SELECT because FROM corrupt WHERE message = ?', seq)?.because ?? 'unknown')
  }

  /** Sets a message aside: its recipients stay counted, and nothing of it is due any more. */
  spoil({ seq, id }: Pick<StoredMessage, 'seq' | 'id'>, because: string): void {
    if (this.#corrupt.has(seq)) return
    this.#corrupt.add(seq)
    this.#setAside.push({ id, because })
    this.db.run('INSERT INTO corrupt VALUES (?, ?)', seq, because)
    for (const row of this.workRows(seq)) this.lanes.touch(row)
    this.db.run('UPDATE work SET due = NULL WHERE message = ?', seq)
  }

  /** Stores work in its new shape; `before` is the shape the ledger knows. The message goes when nothing is left. */
  putWork(message: StoredMessage, before: Work | undefined, after: Work): void {
    this.#count(before, after)
    const row = workRow(message.id, after)
    if (before !== undefined && this.#listed.has(before)) this.lanes.touch(row)
    if (row.queued + row.held === 0 && !this.#unfinishedBeside(message.seq, row.destination)) {
      this.#deleteMessage(message)
      return
    }
    this.#writeWork(message.seq, this.isCorrupt(message.seq) ? { ...row, due: null } : row)
  }

  /** Takes a message out whatever state it is in; answers how many recipients that ends. */
  removeMessage(message: StoredMessage): number {
    let ended = 0
    for (const row of this.workRows(message.seq)) {
      this.#counters.queued -= row.queued
      this.#counters.held -= row.held
      ended += row.queued + row.held
      this.lanes.touch(row)
    }
    this.#counters.removed += ended
    this.#deleteMessage(message)
    return ended
  }

  #deleteMessage({ seq, id, filed }: StoredMessage): void {
    this.db.run('DELETE FROM work WHERE message = ?', seq)
    this.db.run('DELETE FROM message WHERE seq = ?', seq)
    if (this.#corrupt.delete(seq)) this.db.run('DELETE FROM corrupt WHERE message = ?', seq)
    if (filed === 1) this.#gone.push(id)
    this.#counters.messages--
  }

  #unfinishedBeside(seq: number, destination: string): boolean {
    const sql = 'SELECT 1 FROM work WHERE message = ? AND destination <> ? AND queued + held > 0 LIMIT 1'
    return this.db.get(sql, seq, destination) !== undefined
  }

  #writeWork(seq: number, row: WorkRow): void {
    const { destination, fence, holder, until, due, queued, held, recipients, sum, priority } = row
    this.db.run(
      `INSERT OR REPLACE INTO work (message, ${workColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[seq, destination, fence, holder, until, due, queued, held, recipients, sum, priority],
    )
    if (due !== null) this.lanes.touch(row)
  }

  #count(before: Work | undefined, after: Work): void {
    const [old, now] = [tally(before === undefined ? [] : [before]), tally([after])]
    for (const state of ['delivered', 'relayed', 'failed', 'removed', 'queued', 'held'] as const)
      this.#counters[state] += now[state] - old[state]
  }

  #totalChanges(): number {
    return this.db.get('SELECT total_changes() AS n')?.n as number
  }
}
