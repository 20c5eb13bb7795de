import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Lease } from '@angarium/queue'
import { createManualClock } from '@angarium/queue/testing'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../src/database/open.ts'
import { collect, envelopeTo, place, storeIn } from './place.ts'

const filed = { 1: '1m3250vz8000gnx7g37s4k', 2: '1m3250wyh000afx20kap1c' }
const lastWrite = { 1: 1_790_000_006_000, 2: 1_790_000_009_000 }

/** A directory as the version left it. */
function left(version: 1 | 2): string {
  const directory = place()
  const db = new DatabaseSync(join(directory, 'queue.sqlite'))
  db.exec(readFileSync(join(import.meta.dirname, `formats/version-${version}.sql`), 'utf8'))
  db.close()
  mkdirSync(join(directory, 'bodies'))
  writeFileSync(join(directory, 'bodies', filed[version]), new Uint8Array(300).fill(65))
  return directory
}

/** What a table's columns and indexes are, but for how their making was written down. */
function shape(db: DatabaseSync): unknown {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  return tables.map(({ name }) => [
    db.prepare(`PRAGMA table_xinfo('${String(name)}')`).all(),
    db
      .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? ORDER BY name")
      .all(String(name)),
  ])
}

describe.each([1, 2] as const)('a queue of version %i', (version) => {
  it('becomes what a new one is', () => {
    const old = openDatabase(join(left(version), 'queue.sqlite'))
    const fresh = openDatabase(join(place(), 'queue.sqlite'))
    expect(shape(old)).toEqual(shape(fresh))
    for (const pragma of ['user_version', 'application_id'])
      expect(old.prepare(`PRAGMA ${pragma}`).get()).toEqual(fresh.prepare(`PRAGMA ${pragma}`).get())
    expect(old.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    old.close()
    fresh.close()
  })

  it('stays as it is when it cannot be brought up to date', () => {
    const directory = left(version)
    const path = join(directory, 'queue.sqlite')
    const db = new DatabaseSync(path)
    db.exec('DROP INDEX work_due')
    db.close()
    copyFileSync(path, `${path}.before`)
    expect(() => openDatabase(path)).toThrow('no such index')
    const [after, before] = [new DatabaseSync(path), new DatabaseSync(`${path}.before`)]
    expect(shape(after)).toEqual(shape(before))
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: version })
    after.close()
    before.close()
  })
})

describe('a queue of version 1', () => {
  it('is delivered whole, with priority 0', async () => {
    const directory = left(1)
    const clock = createManualClock(lastWrite[1])
    const store = storeIn(directory, { clock })
    await store.open()
    const { destinations, next } = await store.due(10)
    expect(destinations.map(({ destination, priority }) => [destination, priority])).toEqual([
      ['a.example', 0],
      ['b.example', 0],
      ['f.example', 0],
    ])
    expect(next).toBe(1_790_000_603_000)
    const entries = await collect(store.scan())
    expect(entries.map((entry) => entry.kind === 'message' && entry.priority)).toEqual([0, 0, 0, 0, 0, 0])
    await collect(store.change({ state: 'held' }, { kind: 'release' }))
    expect(await store.draft().commit(envelopeTo('x.example'), { key: 'once' })).toMatchObject({ duplicate: true })

    const delivered: Lease[] = []
    for (const wait of [0, 600_000, 86_400_000]) {
      await clock.advance(wait)
      for (const { destination } of (await store.due(10)).destinations)
        for (const lease of await store.lease({ destination, holder: 'new', duration: 1_000, limit: 10 })) {
          delivered.push(lease)
          const content = (await collect(store.read(lease.id))).flatMap((octets) => [...octets])
          expect(content).toEqual(Array(lease.size).fill(65))
          const recipients = lease.recipients.map(({ index }) => ({ index, kind: 'delivered' as const }))
          expect(await store.settle([{ lease, recipients }])).toEqual([{ kind: 'settled', spawned: [] }])
        }
    }
    expect(delivered.map(({ destination, priority }) => [destination, priority])).toEqual(
      ['a', 'a', 'b', 'f', 'd', 'c', 'e'].map((name) => [`${name}.example`, 0]),
    )
    expect(delivered.find(({ destination }) => destination === 'c.example')?.recipients).toEqual([
      {
        index: 0,
        address: 'r0@c.example',
        parameters: [['ORCPT', 'rfc822;r0@c.example']],
        attempts: 2,
        warned: true,
        lastBecause: 'busy',
        lastReply: { code: 451, status: '4.7.1', text: ['later'], peer: 'mx.c.example' },
      },
    ])
    expect(await store.stats()).toMatchObject({ messages: 0, accepted: 8, delivered: 8, queued: 0, held: 0 })
  })
})

describe('a queue of version 2', () => {
  it('keeps states, attempts, reasons, priorities and what is set aside, and is delivered whole', async () => {
    const clock = createManualClock(lastWrite[2])
    const store = storeIn(left(2), { clock })
    await store.open()
    const entries = await collect(store.scan())
    const told = entries.map((entry) =>
      entry.kind === 'corrupt'
        ? entry.because
        : [entry.sender, entry.priority, ...entry.recipients.map(({ state, attempts }) => `${state} ${attempts}`)],
    )
    expect(told).toEqual([
      ['example.org', 0, 'queued 0', 'queued 0'],
      ['example.org', 2, 'queued 0'],
      ['example.org', 0, 'deferred 1'],
      ['example.org', 0, 'held 0'],
      ['', -4, 'queued 0'],
      // The lease that was out when it was left is over.
      ['example.org', 0, 'deferred 2'],
      ['example.org', 0, 'delivered 1', 'failed 1', 'held 1'],
      'the content does not match its checksum',
    ])
    expect(await store.stats()).toMatchObject({ messages: 8, accepted: 11, queued: 7, held: 2, corrupt: 1 })
    const deferred = await collect(store.scan({ state: 'deferred' }))
    expect(deferred[0]).toMatchObject({ recipients: [{ because: 'busy', lastReply: { code: 451 } }] })
    expect(deferred.map(({ kind }) => kind)).toEqual(['message', 'message', 'corrupt'])
    await collect(store.change({ state: 'held' }, { kind: 'release' }))
    await collect(store.change({ ids: entries.slice(-1).map(({ id }) => id) }, { kind: 'remove' }))
    await clock.advance(86_400_000)
    const sizes: number[] = []
    for (const { destination } of (await store.due(20)).destinations)
      for (const lease of await store.lease({ destination, holder: 'new', duration: 1_000, limit: 10 })) {
        sizes.push((await collect(store.read(lease.id))).reduce((sum, { length }) => sum + length, 0))
        const recipients = lease.recipients.map(({ index }) => ({ index, kind: 'relayed' as const }))
        await store.settle([{ lease, recipients }])
      }
    expect(sizes.sort((a, b) => a - b)).toEqual([50, 50, 60, 70, 80, 90, 100, 300])
    expect(await store.stats()).toMatchObject({ messages: 0, accepted: 11, relayed: 8, delivered: 1, failed: 1 })
  })
})
