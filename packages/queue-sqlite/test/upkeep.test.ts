import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { QueueStore } from '@angarium/queue'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { describe, expect, it } from 'vitest'
import type { Finding } from '../src/index.ts'
import { checkQueue, nodeBodyFiles } from '../src/index.ts'
import { collect, envelopeTo, place, put, storeIn } from './place.ts'

const stranger = '1m3250vz80000000000000'

/** Leases, reads and settles all that is due; answers with the sizes of the contents. */
async function drain(store: QueueStore): Promise<readonly number[]> {
  const sizes: number[] = []
  for (const { destination } of (await store.due(100)).destinations)
    for (const lease of await store.lease({ destination, holder: 'h', duration: 1_000, limit: 1_000 })) {
      sizes.push((await collect(store.read(lease.id))).reduce((sum, { length }) => sum + length, 0))
      const recipients = lease.recipients.map(({ index }) => ({ index, kind: 'relayed' as const }))
      await store.settle([{ lease, recipients }])
    }
  return sizes
}

/** A queue with a bit of everything, closed. */
async function filled(): Promise<string> {
  const directory = place()
  const store = storeIn(directory)
  await store.open()
  await put(store, 1_000)
  await put(store, 110_000)
  await put(store, 0, { priority: 3, notBefore: 1e13 })
  await store.draft().commit(envelopeTo('b.example', 'c.example', 'd.example'))
  for (const destination of ['b.example', 'c.example']) {
    const [lease] = await store.lease({ destination, holder: 'h', duration: 1_000, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    const index = lease.recipients[0]?.index ?? 0
    const outcome =
      destination === 'b.example'
        ? ({ index, kind: 'delivered' } as const)
        : ({ index, kind: 'deferred', delay: 1_000, because: 'busy' } as const)
    await store.settle([{ lease, recipients: [outcome] }])
  }
  await collect(store.change({ destination: 'd.example' }, { kind: 'hold', because: 'look' }))
  await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 1 })
  await store.close()
  return directory
}

function check(directory: string, repair = false): Promise<Finding[]> {
  const options = { directory, clock: createManualClock(), random: createSeededRandom() }
  return collect(checkQueue(options, { repair }))
}

function changed(directory: string, sql: string): void {
  const db = new DatabaseSync(join(directory, 'queue.sqlite'))
  db.exec(sql)
  db.close()
}

const filedName = (directory: string): string =>
  join(directory, 'bodies', readdirSync(join(directory, 'bodies')).find((name) => name.length === 22) ?? '')

/** What is told of as long as it is there. */
const leftover = /^set aside: |no message spoke of/

const first = '(SELECT min(id) FROM message)'

/** Each kind of damage, and what a check says of it. */
const damages: readonly [name: string, damage: (directory: string) => void, kinds: readonly string[], what: RegExp][] =
  [
    ['an envelope', (at) => changed(at, `UPDATE message SET facts = 'x' WHERE id = ${first}`), ['message'], /envelope/],
    [
      'recipients',
      (at) => changed(at, `UPDATE work SET recipients = replace(recipients, 'r0', 'r9') WHERE message = ${first}`),
      ['message'],
      /recipients do not/,
    ],
    [
      'a sender',
      (at) => changed(at, `UPDATE work SET sender = 'else.example' WHERE message = ${first}`),
      ['message'],
      /recipients do not/,
    ],
    [
      'a content',
      (at) => changed(at, `UPDATE message SET content = zeroblob(size) WHERE id = ${first}`),
      ['message'],
      /content does not/,
    ],
    [
      'a content file',
      (at) => writeFileSync(filedName(at), Buffer.alloc(110_000, 66)),
      ['message'],
      /content does not/,
    ],
    ['a content file gone', (at) => rmSync(filedName(at)), ['message'], /is missing/],
    [
      'a message gone',
      (at) => changed(at, `DELETE FROM message WHERE id = ${first}`),
      ['message', 'ledger'],
      /missing/,
    ],
    [
      'recipients gone',
      (at) => changed(at, `DELETE FROM work WHERE message = ${first}`),
      ['message', 'ledger'],
      /missing/,
    ],
    [
      'a row that tells another time',
      (at) => changed(at, 'UPDATE work SET due = 7, turn = NULL WHERE due IS NOT NULL'),
      ['work', 'work', 'work', 'lane', 'lane', 'lane'],
      /listed/,
    ],
    [
      'a row that counts otherwise',
      (at) => changed(at, `UPDATE work SET held = 1 WHERE message = ${first}`),
      ['work', 'ledger'],
      /listed/,
    ],
    ['a line not told of', (at) => changed(at, 'DELETE FROM lane'), ['lane', 'lane', 'lane'], /not at undefined/],
    [
      'a line that is none',
      (at) => changed(at, "INSERT INTO lane VALUES ('z.example', 0, 9)"),
      ['lane'],
      /at undefined/,
    ],
    ['a ledger', (at) => changed(at, 'UPDATE ledger SET queued = 0, delivered = 9'), ['ledger'], /queued by -4/],
    ['a stranger’s file', (at) => writeFileSync(join(at, 'bodies', stranger), 'x'), ['file'], /no message/],
    [
      'an index',
      (at) => {
        // Made anew while it looks away.
        const db = new DatabaseSync(join(at, 'queue.sqlite'))
        db.enableDefensive(false)
        const look = (from: string, to: string): void =>
          db.exec(`PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, '${from}', '${to}')
          WHERE name = 'work_held'; PRAGMA writable_schema = RESET;`)
        look('held > 0', 'held > 9')
        db.exec('REINDEX work_held')
        look('held > 9', 'held > 0')
        db.close()
      },
      ['index'],
      /index/,
    ],
  ]

describe('a check', () => {
  it('finds nothing in a queue that is well, closed or open, and changes nothing', async () => {
    const directory = await filled()
    const before = readFileSync(join(directory, 'queue.sqlite'))
    expect(await check(directory)).toEqual([])
    expect(readFileSync(join(directory, 'queue.sqlite')).equals(before)).toBe(true)
    expect(readdirSync(directory).sort()).toEqual(['bodies', 'queue.sqlite', 'queue.sqlite.lock'])
    const store = storeIn(directory)
    await store.open()
    await expect(check(directory)).rejects.toMatchObject({ code: 'QUEUE_LOCKED' })
    expect(await collect(store.check())).toEqual([])
  })

  it.each(damages)('finds and repairs %s', { timeout: 30_000 }, async (_, damage, kinds, what) => {
    const directory = await filled()
    damage(directory)
    const found = await check(directory)
    expect(found.map(({ kind }) => kind)).toEqual(kinds)
    expect(found[0]?.what).toMatch(what)
    expect(found.some(({ repaired }) => repaired)).toBe(false)
    const repaired = await check(directory, true)
    // Some of it was put right as the queue was opened for that.
    for (const { what: told, repaired: done } of repaired) expect(done || leftover.test(told), told).toBe(true)
    // What was set aside, and files nobody knows, are told as long as they are there.
    const left = await check(directory)
    expect(left.map(({ kind }) => kind)).toEqual(kinds.filter((kind) => kind === 'message' || kind === 'file'))
    for (const { what: told } of left) expect(told).toMatch(leftover)
    const store = storeIn(directory)
    await store.open()
    const { accepted, delivered, queued, held, corrupt } = await store.stats()
    expect(delivered + queued + held).toBe(accepted)
    const told = await collect(store.scan())
    expect(told.filter(({ kind }) => kind === 'corrupt')).toHaveLength(corrupt)
    await drain(store)
    // Nothing can be done for these but to remove them.
    await collect(store.change({ ids: told.map(({ id }) => id) }, { kind: 'remove' }))
    expect(await store.stats()).toMatchObject({ messages: 0, queued: 0, held: 0, corrupt: 0 })
    expect((await collect(store.check())).filter(({ kind }) => kind !== 'file')).toEqual([])
  })

  it('refuses what is no queue of this version, and makes none', async () => {
    const directory = place()
    await expect(check(directory)).rejects.toMatchObject({ code: 'QUEUE_FORMAT', detail: { found: 'nothing' } })
    expect(readdirSync(directory)).toEqual([])
    writeFileSync(join(directory, 'queue.sqlite'), 'From someone@example.org\n'.repeat(100))
    await expect(check(directory)).rejects.toMatchObject({ code: 'QUEUE_FORMAT', detail: { found: 'no database' } })
    const old = await filled()
    changed(old, 'PRAGMA user_version = 2')
    await expect(check(old)).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
  })

  it('tells of a file that is no longer whole', async () => {
    const directory = await filled()
    const path = join(directory, 'queue.sqlite')
    const octets = readFileSync(path)
    octets.fill(0x55, 3 * 4_096, 9 * 4_096)
    writeFileSync(path, octets)
    const found = await check(directory)
    expect(found.map(({ kind }) => kind)).toContain('database')
    expect(found.every(({ repaired }) => !repaired)).toBe(true)
  })

  it('sees no fault in mail that comes and goes meanwhile', { timeout: 60_000 }, async () => {
    const store = storeIn(place())
    await store.open()
    let over = false
    const flow = async (): Promise<void> => {
      while (!over) {
        await put(store, 120_000)
        await put(store, 100)
        await drain(store)
      }
    }
    const flowing = flow()
    for (let turn = 0; turn < 5; turn++) expect(await collect(store.check({ repair: true }))).toEqual([])
    over = true
    await flowing
    expect(await store.stats()).toMatchObject({ messages: 0, corrupt: 0 })
  })

  it('of a queue at work sets a file aside that nobody speaks of', async () => {
    const directory = await filled()
    const store = storeIn(directory)
    await store.open()
    writeFileSync(join(directory, 'bodies', stranger), 'x')
    const [finding, ...more] = await collect(store.check({ repair: true }))
    expect(finding).toMatchObject({ kind: 'file', id: stranger, repaired: true })
    expect(more).toEqual([])
    expect(readdirSync(join(directory, 'bodies')).filter((name) => name.endsWith(stranger))).toHaveLength(1)
    expect(await collect(store.check())).toMatchObject([{ kind: 'file', repaired: false }])
  })

  it('keeps lost files for a week', async () => {
    const directory = await filled()
    const bodies = join(directory, 'bodies')
    writeFileSync(join(bodies, stranger), 'x')
    const clock = createManualClock(Date.UTC(2026, 10, 1))
    const store = storeIn(directory, { clock })
    for (const [days, there] of [
      [0, true],
      [7, true],
      [1, false],
    ] as const) {
      await clock.advance(days * 86_400_000)
      await store.open()
      await store.close()
      expect(existsSync(join(bodies, `lost-20261101-${stranger}`))).toBe(there)
    }
  })
})

describe('a backup', () => {
  it.each(['links', 'copies'])(
    'of a queue at work is whole and can be drained: %s',
    { timeout: 60_000 },
    async (how) => {
      const directory = place()
      const { duplicate: _, ...plain } = nodeBodyFiles(join(directory, 'bodies'))
      const store = storeIn(directory, how === 'links' ? {} : { files: plain })
      await store.open()
      for (let n = 0; n < 20; n++) {
        await put(store, 1_000 + n)
        await put(store, 120_000 + n)
      }
      let over = false
      const flow = async (): Promise<void> => {
        while (!over) {
          await put(store, 130_000)
          await put(store, 2_000)
          const [lease] = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 1 })
          if (lease !== undefined) await store.settle([{ lease, recipients: [{ index: 0, kind: 'delivered' }] }])
        }
      }
      const flowing = flow()
      const copy = join(place(), 'deep', 'copy')
      await store.backup(copy)
      over = true
      await flowing
      await expect(store.backup(copy)).rejects.toMatchObject({ code: 'QUEUE_MISUSE' })
      expect(readdirSync(copy).sort()).toEqual(['bodies', 'queue.sqlite'])
      const links = readdirSync(join(copy, 'bodies')).map((name) => statSync(join(copy, 'bodies', name)).nlink)
      expect(links.some((count) => count > 1)).toBe(how === 'links')

      expect(await check(copy)).toEqual([])
      const restored = storeIn(copy)
      await restored.open()
      const { messages, queued, delivered, accepted } = await restored.stats()
      expect(queued + delivered).toBe(accepted)
      expect(messages).toBeGreaterThan(20)
      const sizes = await drain(restored)
      expect(sizes).toHaveLength(messages)
      expect(sizes.filter((size) => size < 1_000 || (size > 2_000 && size < 120_000))).toEqual([])
      expect(await restored.stats()).toMatchObject({ messages: 0, relayed: messages })
      // The original has its own.
      await drain(store)
      expect(await store.stats()).toMatchObject({ messages: 0, queued: 0 })
      await store.close()
      expect(readdirSync(join(directory, 'bodies'))).toEqual([])
    },
  )

  it('that was cut short is no queue, and the next attempt begins anew', async () => {
    const directory = await filled()
    const copy = place()
    writeFileSync(join(copy, 'queue.sqlite.partial'), 'half')
    mkdirSync(join(copy, 'bodies'))
    writeFileSync(join(copy, 'bodies', filedName(directory).slice(-22)), 'half')
    const store = storeIn(directory)
    await store.open()
    await store.backup(copy)
    expect(await check(copy)).toEqual([])
    await expect(store.backup('/dev/null/x')).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
  })
})
