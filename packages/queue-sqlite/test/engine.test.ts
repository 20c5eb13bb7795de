import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { describe, expect, it, vi } from 'vitest'
import type { Engine } from '../src/database/engine.ts'
import { number, openDatabase } from '../src/database/open.ts'
import type { Ask, LeasedRow } from '../src/thread/protocol.ts'
import { commit, commitOf, engineIn, watch } from './engine-rig.ts'
import { collect, place, put, recordingLog, storeIn } from './place.ts'

function stats(engine: Engine, now: number): unknown {
  const [outcome] = engine.handle({ now, asks: [{ op: 'stats' }], contents: new Uint8Array(0) }).outcomes
  return outcome?.ok === true ? outcome.answer : outcome
}

/** Makes one statement throw, once, before or after it did its work. */
function breakStatement(sql: string, when: 'before' | 'after', errcode: number): void {
  let left = 1
  watch('run', (text, call) => {
    const hit = text.startsWith(sql) && left-- > 0
    const planted = Object.assign(new Error('planted'), { errcode })
    if (hit && when === 'before') throw planted
    const result = call()
    if (hit) throw planted
    return result
  })
}

const ioError = 10
const fullDisk = 13

describe('the database', () => {
  it('syncs at every commit', () => {
    const directory = place()
    const db = openDatabase(join(directory, 'queue.sqlite'))
    expect(number(db, 'PRAGMA synchronous')).toBe(2)
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    db.close()
  })

  it('writes nothing when nothing changes', () => {
    const engine = engineIn(place())
    engine.open()
    commit(engine, 1)
    const run = vi.spyOn(StatementSync.prototype, 'run')
    engine.handle({ now: 2, asks: [{ op: 'due', limit: 10, now: 2 }, { op: 'stats' }], contents: new Uint8Array(0) })
    expect(run.mock.contexts.map((statement) => (statement as StatementSync).sourceSQL)).toEqual([
      'BEGIN IMMEDIATE',
      'COMMIT',
    ])
  })

  it('a failing disk refuses the batch, then rests, then is read back before it is believed', () => {
    const engine = engineIn(place())
    engine.open()
    commit(engine, 1)
    breakStatement('COMMIT', 'before', ioError)
    const outcomes = commit(engine, 2, 100, undefined, { op: 'stats' })
    expect(outcomes.map((outcome) => !outcome.ok && outcome.code)).toEqual(['QUEUE_STORE_FAILED', 'QUEUE_STORE_FAILED'])
    expect(commit(engine, 3)[0]).toMatchObject({ ok: true })
    expect(stats(engine, 3)).toMatchObject({ messages: 2, accepted: 2, queued: 2 })
  })

  it('rests between attempts to come back', () => {
    const directory = place()
    const engine = engineIn(directory)
    engine.open()
    commit(engine, 1)
    breakStatement('COMMIT', 'before', ioError)
    commit(engine, 10)
    vi.restoreAllMocks()
    const get = vi.spyOn(StatementSync.prototype, 'get').mockImplementation(() => {
      throw Object.assign(new Error('planted'), { errcode: ioError })
    })
    commit(engine, 20)
    const tries = get.mock.calls.length
    for (let now = 21; now < 1_000; now += 100) commit(engine, now)
    expect(get.mock.calls.length).toBe(tries)
    vi.restoreAllMocks()
    expect(commit(engine, 1_100)[0]).toMatchObject({ ok: true })
  })

  it('a commit whose word was lost is there afterwards, and its key says so', () => {
    const engine = engineIn(place())
    engine.open()
    breakStatement('COMMIT', 'after', ioError)
    expect(commit(engine, 1, 100, 'k')[0]).toMatchObject({ ok: false, clean: false })
    expect(commit(engine, 2, 100, 'k')[0]).toMatchObject({ ok: true, answer: expect.any(String) })
    expect(stats(engine, 2)).toMatchObject({ accepted: 1 })
  })

  it('a database that lost acknowledged work is not used again', () => {
    const directory = place()
    const old = join(directory, 'old.sqlite')
    const first = engineIn(directory)
    first.open()
    first.close()
    copyFileSync(join(directory, 'queue.sqlite'), old)
    const engine = engineIn(directory)
    engine.open()
    commit(engine, 1)
    breakStatement('COMMIT', 'before', ioError)
    commit(engine, 2)
    // The failure closed the database: this is what a lying disk hands back.
    copyFileSync(old, join(directory, 'queue.sqlite'))
    for (const now of [10, 5_000, 10_000])
      expect(commit(engine, now)[0]).toMatchObject({ ok: false, code: 'QUEUE_STORE_FAILED' })
  })

  it('a full database refuses mail and still takes outcomes', () => {
    const engine = engineIn(place(), 400_000)
    engine.open()
    let accepted = 0
    while (commit(engine, 1, 20_000)[0]?.ok === true) accepted++
    expect(accepted).toBeGreaterThan(3)
    const lease: Ask = { op: 'lease', destination: 'a.example', holder: 'h', until: 100, limit: 3, level: -9, now: 2 }
    const outcomes = commit(engine, 2, 20_000, undefined, lease)
    expect(outcomes[0]).toMatchObject({ ok: false, code: 'QUEUE_STORE_FAILED', clean: true, full: true })
    expect(outcomes[1]).toMatchObject({ ok: true })
    const leased = outcomes[1]?.ok === true ? (outcomes[1].answer as readonly LeasedRow[]) : []
    expect(leased).toHaveLength(3)
    const orders = leased.map(({ row, work }) => ({
      lease: { id: row[0], destination: 'a.example', fence: work[5] },
      recipients: [{ index: 0, kind: 'delivered' as const }],
      spawn: [],
    }))
    expect(
      engine.handle({ now: 3, asks: [{ op: 'settle', orders, now: 3 }], contents: new Uint8Array(0) }).outcomes[0],
    ).toMatchObject({ ok: true })
    expect(commit(engine, 4, 20_000)[0]).toMatchObject({ ok: true })
    expect(stats(engine, 4)).toMatchObject({ accepted: accepted + 1, delivered: 3 })
  })

  it('what holds something else, or a later version, is left as it is', async () => {
    for (const sql of [
      'PRAGMA application_id = 7; CREATE TABLE t (x)',
      'PRAGMA application_id = 1097756529; PRAGMA user_version = 99; CREATE TABLE t (x)',
    ]) {
      const directory = place()
      const { DatabaseSync } = await import('node:sqlite')
      const db = new DatabaseSync(join(directory, 'queue.sqlite'))
      db.exec(sql)
      db.close()
      await expect(storeIn(directory).open()).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
    }
    const { writeFileSync } = await import('node:fs')
    const directory = place()
    writeFileSync(join(directory, 'queue.sqlite'), 'From someone@example.org\n'.repeat(100))
    await expect(storeIn(directory).open()).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
  })

  it('a row that changed is told, set aside, and can be removed; others flow', async () => {
    const [envelope, recipients, content] = ['the envelope does', 'the recipients do', 'the content does']
    for (const [damage, part] of [
      ["UPDATE message SET facts = replace(facts, 'sender', 'zender') WHERE id = ?", envelope],
      ["UPDATE message SET facts = 'x' WHERE id = ?", envelope],
      ["UPDATE work SET recipients = replace(recipients, 'r0@', 'r9@') WHERE message = ?", recipients],
      ['UPDATE message SET content = NULL WHERE id = ?', content],
    ] as const) {
      const directory = place()
      const { log, warnings } = recordingLog()
      const store = storeIn(directory, { log })
      await store.open()
      const { id } = await put(store, 1_000)
      const fine = await put(store, 1_000)
      await store.close()
      const db = openDatabase(join(directory, 'queue.sqlite'))
      db.prepare(damage).run(id)
      db.close()
      await store.open()
      expect(warnings).toEqual([])
      const leases = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 10 })
      expect(leases.map((lease) => lease.id)).toEqual([fine.id])
      expect(warnings).toEqual([['message-set-aside', { id, because: expect.stringMatching(`^${part} not match`) }]])
      await expect(collect(store.read(id))).rejects.toMatchObject({ code: 'QUEUE_CORRUPT' })
      expect((await collect(store.scan())).map(({ kind }) => kind)).toEqual(['corrupt', 'message'])
      expect(await store.stats()).toMatchObject({ corrupt: 1, queued: 2 })
      await store.close()
      await store.open()
      expect(await store.stats()).toMatchObject({ corrupt: 1, queued: 2 })
      await collect(store.change({ ids: [id] }, { kind: 'remove' }))
      expect(await store.stats()).toMatchObject({ corrupt: 0, queued: 1, removed: 1, messages: 1 })
      expect(warnings).toHaveLength(1)
    }
  })

  it('a row that changed under a lease is told by the open that takes the lease back', async () => {
    const directory = place()
    const { log, warnings } = recordingLog()
    const store = storeIn(directory, { log })
    await store.open()
    const { id } = await put(store, 1_000, { lease: { holder: 'h', duration: 1_000 } })
    await store.close()
    const db = openDatabase(join(directory, 'queue.sqlite'))
    db.exec("UPDATE work SET recipients = 'x'")
    db.close()
    for (let starts = 0; starts < 2; starts++) {
      await store.open()
      expect(warnings).toEqual([['message-set-aside', { id, because: 'the recipients do not match their checksum' }]])
      await store.close()
    }
  })

  it('a transaction that is undone tells nothing, the one that holds tells once', async () => {
    const directory = place()
    const engine = engineIn(directory)
    engine.open()
    commit(engine, 1)
    engine.close()
    const db = openDatabase(join(directory, 'queue.sqlite'))
    db.exec("UPDATE work SET recipients = 'x'")
    db.close()
    engine.open()
    const lease: Ask = { op: 'lease', destination: 'a.example', holder: 'h', until: 100, limit: 3, level: -9, now: 2 }
    const told = (now: number, ask: Ask): number =>
      engine.handle({ now, asks: [ask], contents: new Uint8Array(0) }).news.setAside.length
    for (const errcode of [ioError, fullDisk]) {
      breakStatement('COMMIT', 'before', errcode)
      expect(told(2, lease)).toBe(0)
      vi.restoreAllMocks()
    }
    expect(told(3, lease)).toBe(1)
    expect(told(4, commitOf(0).ask)).toBe(0)
  })

  it('tells once of work that is held because its attempts never end', () => {
    const directory = place()
    const parked: unknown[] = []
    for (let fall = 0; fall < 5; fall++) {
      const engine = engineIn(directory)
      const opening = engine.open()
      if (opening.ok) parked.push(...opening.news.parked.map((one) => [fall, one.destination, one.because]))
      if (fall === 0) commit(engine, 1)
      const lease = { destination: 'a.example', holder: 'x', until: 9, limit: 1, level: -9, now: 1 } as const
      engine.handle({ now: 1, asks: [{ op: 'lease', ...lease }], contents: new Uint8Array(0) })
      engine.close()
    }
    expect(parked).toEqual([[3, 'a.example', 'held: 3 attempts in a row began and never ended']])
  })
})
