import type { DatabaseSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { tallied } from '@angarium/queue/lifecycle'
import type { AuditPage, Fault, FiledContent } from '../thread/protocol.ts'
import { Lanes } from './lanes.ts'
import { sqliteCode } from './open.ts'
import type { MessageRow, WorkRow } from './rows.ts'
import { Damaged, messageColumns, messageFacts, workColumns, workOfRow, workRow } from './rows.ts'
import { Statements } from './statements.ts'

/** Messages, or lanes, looked at between two pages. */
const step = 500
const corruptDatabase = 11

/** Looks at all there is, a page at a time. Each page is true in itself; mail flows on between and beside them. */
export function* audit(database: DatabaseSync): Generator<AuditPage> {
  const db = new Statements(database)
  for (const part of [integrity(db), messages(db), orphans(db), lanes(db), ledger(db)])
    try {
      for (let next = atOneMoment(database, part); next.done !== true; next = atOneMoment(database, part))
        yield next.value
    } catch (error) {
      if (sqliteCode(error) !== corruptDatabase) throw error
      yield { faults: [{ kind: 'database', what: (error as Error).message }], filed: [] }
    }
}

/** The next page, all of it as the database is at one moment: mail that goes meanwhile is no fault. */
function atOneMoment(database: DatabaseSync, pages: Generator<AuditPage>): IteratorResult<AuditPage> {
  database.exec('BEGIN')
  try {
    return pages.next()
  } finally {
    if (database.isTransaction) database.exec('COMMIT')
  }
}

function* integrity(db: Statements): Generator<AuditPage> {
  const faults = db
    .column<string>('PRAGMA integrity_check(100)')
    .filter((what) => what !== 'ok')
    .map((what): Fault => {
      // What SQLite says of an index whose table is whole.
      const index = / missing from index | entries in index /.test(what)
      return index ? { kind: 'index', what, repair: { kind: 'indexes' } } : { kind: 'database', what }
    })
  yield { faults, filed: [] }
}

function* messages(db: Statements): Generator<AuditPage> {
  const columns = `${messageColumns}, content, (SELECT because FROM corrupt WHERE message = id)`
  const sql = `SELECT ${columns} FROM message WHERE id > ? ORDER BY id LIMIT 20`
  for (let after: string | undefined = ''; after !== undefined; ) {
    const faults: Fault[] = []
    const filed: FiledContent[] = []
    // Few at a time: they come with their contents.
    for (let seen = 0; seen < step && after !== undefined; seen += 20) {
      const found: readonly Whole[] = db.rows<Whole>(sql, after)
      for (const [...all] of found) {
        const row = all.slice(0, 7) as unknown as MessageRow
        const [id, , size, , , sum, isFiled] = row
        const [content, because] = all.slice(7) as [Uint8Array | null, string | null]
        if (isFiled === 1) filed.push({ id, size, sum, aside: because !== null })
        if (because !== null) {
          faults.push({ kind: 'message', id, what: `set aside: ${because}` })
          continue
        }
        const works = db.rows<WorkRow>(`SELECT ${workColumns} FROM work WHERE message = ?`, id)
        const what = contentFault(row, content) ?? rowFault(row, works)
        if (what !== undefined)
          faults.push({ kind: 'message', id, what, repair: { kind: 'set-aside', id, because: what } })
        else if (works.some((work) => !tells(work)))
          faults.push({
            kind: 'work',
            id,
            what: 'what is listed differs from the recipients',
            repair: { kind: 'rows', id },
          })
        else if (works.every((work) => work[10] + work[11] === 0))
          faults.push({ kind: 'work', id, what: 'all recipients are settled', repair: { kind: 'rows', id } })
      }
      after = found.at(-1)?.[0]
    }
    yield { faults, filed }
  }
}

type Whole = readonly [...MessageRow, content: Uint8Array | null, because: string | null]

function contentFault([, , size, , , sum, filed]: MessageRow, content: Uint8Array | null): string | undefined {
  const holds = filed === 1 ? content === null : content?.length === size && crc32(content) === sum
  return holds ? undefined : 'the content does not match its checksum'
}

function rowFault(row: MessageRow, works: readonly WorkRow[]): string | undefined {
  try {
    messageFacts(row)
    for (const work of works) workOfRow(work)
  } catch (error) {
    if (!(error instanceof Damaged) && !(error instanceof SyntaxError)) throw error
    return error.message
  }
  return works.length === 0 ? 'the recipients are missing' : undefined
}

/** Whether what a row tells lists and ledger is what its recipients say. */
function tells(row: WorkRow): boolean {
  const expected = workRow(row[0], workOfRow(row))
  // Under a lease that has run out.
  const over = row[8] !== null && row[9] === row[8] && row[4] === null
  return row.every((value, at) => value === expected[at] || (over && (at === 4 || at === 9)))
}

/** Work whose message is missing. */
function* orphans(db: Statements): Generator<AuditPage> {
  const sql = `SELECT DISTINCT message FROM work AS w WHERE NOT EXISTS (SELECT 1 FROM message WHERE id = w.message)
    AND NOT EXISTS (SELECT 1 FROM corrupt WHERE message = w.message) LIMIT 1000`
  const because = 'the message is missing'
  const faults = db
    .column<string>(sql)
    .map((id): Fault => ({ kind: 'message', id, what: because, repair: { kind: 'set-aside', id, because } }))
  const missing = `SELECT message FROM corrupt AS c WHERE NOT EXISTS (SELECT 1 FROM message WHERE id = c.message)`
  for (const id of db.column<string>(missing)) faults.push({ kind: 'message', id, what: `set aside: ${because}` })
  yield { faults, filed: [] }
}

/** The heads of lines, from what is told of them and from the work itself. */
function* lanes(db: Statements): Generator<AuditPage> {
  const lines = new Lanes(db)
  const lists = [
    'lane WHERE true',
    ...['turn IS NOT NULL', 'turn IS NULL'].map((by) => `work WHERE ${by} AND due IS NOT NULL`),
  ]
  for (const [nth, list] of lists.entries()) {
    const sql = `SELECT destination, priority FROM ${list} AND (destination, priority) > (?, ?)
      ORDER BY destination, priority LIMIT 1`
    for (let at: readonly [string, number] | undefined = ['', -100]; at !== undefined; ) {
      const faults: Fault[] = []
      for (let seen = 0; seen < step && at !== undefined; seen++) {
        at = db.row<[string, number]>(sql, ...at)
        if (at === undefined) break
        const [destination, priority] = at
        const lane = { destination, priority }
        const { told, head } = lines.heads(lane)
        // Found before, in another list.
        if ((nth > 0 && told !== undefined) || (nth > 1 && lines.leastTurn(lane) !== undefined)) continue
        if (told === head) continue
        const what = `the line for ${destination} at priority ${priority} begins at ${head}, not at ${told}`
        faults.push({ kind: 'lane', what, repair: { kind: 'lane', ...lane } })
      }
      yield { faults, filed: [] }
    }
  }
}

/** The ledger against the rows, and in itself. */
function* ledger(db: Statements): Generator<AuditPage> {
  const [messages = 0, queued = 0, held = 0, ...told] =
    db.row<
      number[]
    >(`SELECT (SELECT count(*) FROM message), (SELECT total(queued) FROM work), (SELECT total(held) FROM work),
      messages, accepted, ${tallied} FROM ledger`) ?? []
  const [toldMessages = 0, accepted = 0, ...tally] = told
  const at = { queued: tallied.indexOf('queued'), held: tallied.indexOf('held') }
  const add = {
    messages: messages - toldMessages,
    queued: queued - (tally[at.queued] ?? 0),
    held: held - (tally[at.held] ?? 0),
  }
  const sum = tally.reduce((all, one) => all + one, 0)
  const accepts = sum + add.queued + add.held - accepted
  const differs = Object.entries({ ...add, accepted: accepts }).filter(([, by]) => by !== 0)
  const what = `the ledger is off: ${differs.map(([name, by]) => `${name} by ${-by}`).join(', ')}`
  const repair = { kind: 'ledger', add: { ...add, accepted: accepts } } as const
  yield { faults: differs.length === 0 ? [] : [{ kind: 'ledger', what, repair }], filed: [] }
}

/** Contents that are files, of all messages there are. */
export function* filedContents(database: DatabaseSync): Generator<AuditPage> {
  const db = new Statements(database)
  const sql = 'SELECT id, size, sum FROM message WHERE filed = 1 AND id > ? ORDER BY id LIMIT ?'
  for (let after = ''; ; ) {
    const filed = db
      .rows<[string, number, number]>(sql, after, step)
      .map(([id, size, sum]) => ({ id, size, sum, aside: false }))
    if (filed.length === 0) return
    yield { faults: [], filed }
    after = filed.at(-1)?.id ?? ''
  }
}
