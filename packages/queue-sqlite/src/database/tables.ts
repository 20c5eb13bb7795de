import type { DatabaseSync } from 'node:sqlite'
import type { AbandonPolicy, QueueStats } from '@angarium/queue'
import type { MessageFacts, Work } from '@angarium/queue/lifecycle'
import { Turns, tallied, tally } from '@angarium/queue/lifecycle'
import type { News, Parked, SetAside } from '../thread/protocol.ts'
import { Lanes } from './lanes.ts'
import type { MessageRow, WorkRow } from './rows.ts'
import { Damaged, messageColumns, messageFacts, placed, workColumns, workOfRow, workRow } from './rows.ts'
import { Statements } from './statements.ts'

/** What the ledger counts, in the order of its columns. */
const counted: readonly (keyof Counters)[] = ['messages', 'accepted', ...tallied]

/** The counters of the ledger. */
type Counters = { -readonly [K in Exclude<keyof QueueStats, 'corrupt'>]: number }

const insertWork = `INSERT INTO work (${workColumns}) VALUES (${workColumns.replaceAll(/\w+/g, '?')})`
const columnsOf = workColumns.split(', ').slice(2)
const updateWork = `UPDATE work SET ${columnsOf.map((name) => `${name} = ?`)} WHERE message = ? AND destination = ?`
const updateLedger = `UPDATE ledger SET batch = ?, used = ?, ${counted.map((name) => `${name} = ?`)}`

/** Of a transaction that did only what was asked. */
export const noNews: News = { gone: [], setAside: [], parked: [] }

/** The tables, the ledger, and what a transaction has touched so far. */
export class Tables {
  readonly policy: AbandonPolicy
  readonly db: Statements
  readonly lanes: Lanes
  readonly #turns: Turns
  readonly #database: DatabaseSync
  /** Messages set aside. */
  #corrupt: ReadonlySet<string>
  #counters: Counters
  #batch: number
  #used: number
  /** Works whose row says when they are due: their lane depends on them. */
  readonly #listed = new WeakSet<Work>()
  #gone: string[] = []
  #setAside: SetAside[] = []
  #parked: Parked[] = []
  #changes = 0
  /** What a rollback goes back to. */
  #saved: { readonly counters: Counters; readonly corrupt: ReadonlySet<string>; readonly batch: number } | undefined

  constructor(db: DatabaseSync, policy: AbandonPolicy) {
    this.#database = db
    this.db = new Statements(db)
    this.lanes = new Lanes(this.db)
    this.policy = policy
    this.#turns = new Turns((of) => this.lanes.leastTurn(of))
    const [batch = 0, used = 0, ...counts] = this.db.row<number[]>(`SELECT batch, used, ${counted} FROM ledger`) ?? []
    this.#counters = Object.fromEntries(counted.map((name, at) => [name, counts[at] ?? 0])) as Counters
    this.#batch = batch
    this.#used = used
    this.#corrupt = new Set(this.db.column<string>('SELECT message FROM corrupt'))
  }

  /** Grows by one with each transaction: tells whether acknowledged ones are there. */
  get batch(): number {
    return this.#batch
  }

  /** The store's time at the last transaction. */
  get used(): number {
    return this.#used
  }

  get stats(): QueueStats {
    return { ...this.#counters, corrupt: this.#corrupt.size }
  }

  begin(): void {
    this.db.run('BEGIN IMMEDIATE')
    this.#saved = { counters: { ...this.#counters }, corrupt: this.#corrupt, batch: this.#batch }
    this.#batch++
    this.#changes = this.#totalChanges()
  }

  commit(now: number): News {
    this.lanes.tell()
    if (this.#totalChanges() === this.#changes) {
      // Nothing was written: nothing to sync either.
      this.#batch--
      this.db.run('COMMIT')
      this.#saved = undefined
      return noNews
    }
    this.#used = Math.floor(now)
    this.db.run(updateLedger, this.#batch, this.#used, ...counted.map((name) => this.#counters[name]))
    this.db.run('COMMIT')
    this.#saved = undefined
    const news = { gone: this.#gone, setAside: this.#setAside, parked: this.#parked }
    this.#gone = []
    this.#setAside = []
    this.#parked = []
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
    this.#parked = []
    if (this.#database.isTransaction) this.db.run('ROLLBACK')
  }

  insertMessage(row: MessageRow, content: Uint8Array | null, works: readonly WorkRow[], now: number): void {
    const sql = `INSERT INTO message (${messageColumns}, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
    this.db.run(sql, ...row, content)
    for (const work of works) {
      this.#insertWork(work[8] === null ? this.#placed(work, now) : work)
      this.#counters.accepted += work[10]
      this.#counters.queued += work[10]
    }
    this.#counters.messages++
  }

  #placed(row: WorkRow, now: number): WorkRow {
    const { place } = this.#turns.place(workOfRow(row), now)
    return place === undefined ? row : placed(row, place)
  }

  message(id: string): MessageRow | undefined {
    return this.db.row<MessageRow>(`SELECT ${messageColumns} FROM message WHERE id = ?`, id)
  }

  /** A message with its content, unless that is a file. */
  whole(id: string): readonly [...MessageRow, Uint8Array | null] | undefined {
    return this.db.row(`SELECT ${messageColumns}, content FROM message WHERE id = ?`, id)
  }

  workRow(id: string, destination: string): WorkRow | undefined {
    return this.db.row(`SELECT ${workColumns} FROM work WHERE message = ? AND destination = ?`, id, destination)
  }

  workRows(id: string): readonly WorkRow[] {
    return this.db.rows<WorkRow>(`SELECT ${workColumns} FROM work WHERE message = ?`, id)
  }

  /** The facts, or undefined after setting the message aside. */
  factsOf(row: MessageRow): MessageFacts | undefined {
    return this.#readable(row[0], () => messageFacts(row))
  }

  /** The work, or undefined when there is none, or after setting the message aside. */
  workOf(id: string, destination: string): Work | undefined {
    const row = this.workRow(id, destination)
    return row && this.workIn(row)
  }

  /** The work of a row, or undefined after setting the message aside. */
  workIn(row: WorkRow): Work | undefined {
    const work = this.#readable(row[0], () => workOfRow(row))
    if (work !== undefined && row[9] !== null) this.#listed.add(work)
    return work
  }

  #readable<T>(id: string, read: () => T): T | undefined {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Damaged) && !(error instanceof SyntaxError)) throw error
      this.spoil(id, error.message)
      return undefined
    }
  }

  isCorrupt(id: string): boolean {
    return this.#corrupt.has(id)
  }

  whyCorrupt(id: string): string {
    return this.db.value<string>('SELECT because FROM corrupt WHERE message = ?', id) ?? 'unknown'
  }

  /** Sets a message aside: its recipients stay counted, and nothing of it is due any more. */
  spoil(id: string, because: string): void {
    if (this.#corrupt.has(id)) return
    this.#corrupt = new Set(this.#corrupt).add(id)
    this.#setAside.push({ id, because })
    this.db.run('INSERT INTO corrupt VALUES (?, ?)', id, because)
    this.#touchAll(id)
    this.db.run('UPDATE work SET due = NULL WHERE message = ?', id)
  }

  /**
   * Stores work in its new shape; `before` is the shape the ledger knows, `undefined` for work that is new. The message
   * goes when nothing is left.
   */
  putWork(id: string, before: Work | undefined, after: Work, now: number): void {
    const [old, sum] = [tally(before === undefined ? [] : [before]), tally([after])]
    for (const state of tallied) this.#counters[state] += sum[state] - old[state]
    if (before !== undefined && this.#listed.has(before)) this.lanes.touch(before)
    if (before !== undefined && sum.held > old.held) this.#notePark(id, before, after)
    // Also what ends: its turn is over.
    const work = this.#turns.place(after, now)
    if (sum.queued + sum.held > 0 || !this.#finish(id, work.destination)) this.#writeWork(id, before, work)
  }

  #notePark(id: string, before: Work, { destination, recipients }: Work): void {
    const held = new Map(recipients.map((recipient) => [recipient.index, recipient]))
    for (const { index, state, wish } of before.recipients) {
      const { state: now, because = '' } = held.get(index) ?? {}
      if (state !== 'leased' || wish !== undefined || now !== 'held') continue
      this.#parked.push({ id, destination, because })
      return
    }
  }

  /** Takes a message out whatever state it is in; answers how many recipients that ends. */
  removeMessage(id: string): number {
    const sql = 'SELECT coalesce(sum(queued), 0), coalesce(sum(held), 0) FROM work WHERE message = ?'
    const [queued = 0, held = 0] = this.db.row<number[]>(sql, id) ?? []
    this.#counters.queued -= queued
    this.#counters.held -= held
    this.#counters.removed += queued + held
    this.#touchAll(id)
    this.db.run('DELETE FROM work WHERE message = ?', id)
    this.#deleteMessage(id)
    return queued + held
  }

  /** Writes the rows of a message anew, from its recipients; it goes if they are all settled. */
  rewrite(id: string, now: number): void {
    for (const row of this.isCorrupt(id) ? [] : this.workRows(id)) {
      this.lanes.touch({ destination: row[1], priority: row[2] })
      const work = this.workIn(row)
      if (work !== undefined) this.putWork(id, work, work, now)
    }
  }

  /** Puts the ledger right by what was found. */
  correct(add: Partial<Counters>): void {
    for (const name of counted) this.#counters[name] += add[name] ?? 0
    // Else nothing but the ledger would be written, which is when it is not.
    this.db.run('UPDATE ledger SET used = used')
  }

  #touchAll(id: string): void {
    const sql = 'SELECT destination, priority FROM work WHERE message = ?'
    for (const [destination, priority] of this.db.rows<[string, number]>(sql, id))
      this.lanes.touch({ destination, priority })
  }

  /** Ends a message of which nothing is left but what is for this destination; answers whether that was so. */
  #finish(id: string, destination: string): boolean {
    const beside = 'SELECT 1 FROM work WHERE message = ? AND destination <> ? AND queued + held > 0'
    const gone = this.db.run(`DELETE FROM work WHERE message = ? AND NOT EXISTS (${beside})`, id, id, destination) > 0
    if (gone) this.#deleteMessage(id)
    return gone
  }

  #deleteMessage(id: string): void {
    const filed = this.db.value<number>('DELETE FROM message WHERE id = ? RETURNING filed', id)
    if (filed === 1) this.#gone.push(id)
    if (filed !== undefined) this.#counters.messages--
    if (!this.#corrupt.has(id)) return
    this.#corrupt = new Set([...this.#corrupt].filter((other) => other !== id))
    this.db.run('DELETE FROM corrupt WHERE message = ?', id)
  }

  #writeWork(id: string, before: Work | undefined, after: Work): void {
    const row = workRow(id, after)
    if (before === undefined) this.#insertWork(row)
    else {
      const [message, destination, ...values] = row
      this.db.run(updateWork, ...values, message, destination)
      // Set aside meanwhile: nothing of it is due.
      if (this.#corrupt.has(id)) this.db.run('UPDATE work SET due = NULL WHERE message = ?', id)
      this.#written(row)
    }
  }

  #insertWork(row: WorkRow): void {
    this.db.run(insertWork, ...row)
    this.#written(row)
  }

  #written([, destination, priority, , , , , , until, due]: WorkRow): void {
    if (due !== null) this.lanes.touch({ destination, priority })
    if (until !== null) this.lanes.ends(until)
  }

  #totalChanges(): number {
    return this.db.value<number>('SELECT total_changes()') ?? 0
  }
}
