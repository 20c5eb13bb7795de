import { join } from 'node:path'
import type { Filter } from '@angarium/queue'
import { describe, expect, it, vi } from 'vitest'
import type { Engine } from '../src/database/engine.ts'
import { openDatabase } from '../src/database/open.ts'
import type { Ask, LeasedRow, Outcome, Page } from '../src/thread/protocol.ts'
import { commit, commitOf, engineIn, watch } from './engine-rig.ts'
import { place } from './place.ts'

describe('plans', () => {
  it('no question that a scheduler asks reads a whole table', () => {
    const engine = engineIn(place())
    const seen = new Set<string>()
    for (const name of ['run', 'get', 'all'] as const)
      watch(name, (sql, call) => {
        seen.add(sql)
        return call()
      })
    engine.open()
    commit(engine, 1, 100, 'k')
    const ask = (now: number, one: Ask): Outcome | undefined =>
      engine.handle({ now, asks: [one], contents: new Uint8Array(0) }).outcomes[0]
    ask(1, { op: 'due', limit: 10, now: 1 })
    const leased = ask(1, {
      op: 'lease',
      destination: 'a.example',
      holder: 'h',
      until: 5,
      limit: 10,
      level: -9,
      now: 1,
    })
    const [row] = leased?.ok === true ? (leased.answer as readonly LeasedRow[]) : []
    const lease = { id: row?.row[0] ?? '', destination: 'a.example', fence: 1 }
    ask(1, { op: 'extend', leases: [lease], until: 6 })
    ask(10, { op: 'due', limit: 10, now: 10 })
    ask(10, {
      op: 'settle',
      orders: [{ lease, recipients: [{ index: 0, kind: 'delivered' as const }], spawn: [] }],
      now: 10,
    })
    expect(explained(engine, seen)).toBeGreaterThan(12)
  })

  it('no question for a destination, a state or ids does either; what is leased is one short list', () => {
    const engine = engineIn(place())
    const seen = new Set<string>()
    engine.open()
    for (let n = 0; n < 3; n++) commit(engine, 1)
    for (const name of ['run', 'get', 'all'] as const)
      watch(name, (sql, call) => {
        seen.add(sql)
        return call()
      })
    const filters: Filter[] = [
      { destination: 'a.example' },
      { ids: ['1'] },
      { destination: 'a.example', state: 'held' },
    ]
    for (const state of ['held', 'leased', 'deferred'] as const) filters.push({ state })
    const change = { kind: 'expedite' } as const
    const asks = filters.flatMap((filter): Ask[] => [
      { op: 'scan', filter, after: '' },
      { op: 'change', filter, after: '', change, now: 2 },
    ])
    const { outcomes } = engine.handle({ now: 2, asks, contents: new Uint8Array(0) })
    expect(outcomes.every(({ ok }) => ok)).toBe(true)
    expect(explained(engine, seen)).toBeGreaterThan(8)
  })
})

describe('a list for a destination', () => {
  it('holds all there is, in order, few or many, in whatever state', () => {
    const engine = engineIn(place())
    engine.open()
    const made: string[] = []
    const some = (count: number): void => {
      const all = Array.from({ length: count }, () => commitOf(0))
      for (const { ask } of all) if (ask.op === 'commit') made.push(ask.message.row[0])
      engine.handle({ now: 1, asks: all.map(({ ask }) => ask), contents: new Uint8Array(0) })
    }
    const ask = (one: Ask): Outcome | undefined =>
      engine.handle({ now: 1, asks: [one], contents: new Uint8Array(0) }).outcomes[0]
    const listed = (): readonly string[] => {
      const ids: string[] = []
      for (let after: string | undefined = ''; after !== undefined; ) {
        const outcome = ask({ op: 'scan', filter: { destination: 'a.example' }, after })
        const page: Page = outcome?.ok === true ? (outcome.answer as Page) : { entries: [], next: undefined }
        for (const entry of page.entries) ids.push(entry.kind === 'message' ? entry.row[0] : entry.id)
        after = page.next
      }
      return ids
    }
    some(300)
    const hold = { kind: 'hold', because: 'look' } as const
    ask({ op: 'change', filter: { ids: made.slice(5, 10) }, after: '', change: hold, now: 1 })
    ask({ op: 'lease', destination: 'a.example', holder: 'h', until: 9, limit: 7, level: -9, now: 1 })
    ask({ op: 'mend', repair: { kind: 'set-aside', id: made[20] ?? '', because: 'look' }, now: 1 })
    expect(listed()).toEqual(made)
    for (let n = 0; n < 10; n++) some(1_000)
    expect(listed()).toEqual(made)
  })
})

/** A table, or all of it from some id on; or all of a list, to sort it. */
const wholesale = /^SCAN (?!CONSTANT)|^USE TEMP B-TREE FOR ORDER BY|PRIMARY KEY \(message>|message_1 \(id>/

/** Sees that none of these statements reads a table or a long list whole, or sorts one; answers how many there were. */
function explained(engine: Engine, statements: ReadonlySet<string>): number {
  vi.restoreAllMocks()
  engine.close()
  const db = openDatabase(join(place(), 'queue.sqlite'))
  let count = 0
  for (const sql of statements) {
    if (!/^(SELECT|UPDATE|DELETE)/.test(sql) || /FROM ledger|UPDATE ledger|total_changes|sqlite_schema/.test(sql))
      continue
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...(Array(parameters(sql)).fill(1) as number[]))
    // `corrupt` holds what is broken, the other two what is under a lease: short, and read as lists.
    const short = plan.some(({ detail }) => /work_leased|work_over|^(SCAN|SEARCH) corrupt/.test(String(detail)))
    for (const { detail } of plan) if (!short) expect(`${String(detail)}: ${sql}`).not.toMatch(wholesale)
    count++
  }
  db.close()
  return count
}

/** How many values a statement wants. */
function parameters(sql: string): number {
  const all = sql.match(/\?\d*/g) ?? []
  return all.some((one) => one.length > 1) ? new Set(all).size : all.length
}
