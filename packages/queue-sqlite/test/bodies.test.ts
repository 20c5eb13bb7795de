import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createManualClock } from '@angarium/queue/testing'
import { describe, expect, it, vi } from 'vitest'
import type { BodyFiles } from '../src/index.ts'
import { nodeBodyFiles } from '../src/index.ts'
import { collect, envelopeTo, place, put, recordingLog, storeIn } from './place.ts'

interface Recorder {
  readonly files: BodyFiles
  readonly calls: string[]
  /** The call, counted from now, that fails. */
  failAt: number
  /** Runs before the directory is synced. */
  beforeDirectorySync: () => Promise<void>
}

/** Real files that write down each call and may fail one. */
function recorder(directory: string): Recorder {
  const real = nodeBodyFiles(join(directory, 'bodies'))
  const calls: string[] = []
  const guard = async <T>(call: string, run: () => Promise<T>): Promise<T> => {
    calls.push(call)
    if (self.failAt-- === 1) throw Object.assign(new Error('EIO'), { code: 'EIO' })
    return run()
  }
  const self: Recorder = {
    calls,
    failAt: 0,
    beforeDirectorySync: async () => undefined,
    files: {
      ...real,
      create: (name) =>
        guard('create', async () => {
          const writer = await real.create(name)
          return {
            write: (octets) => guard('write', () => writer.write(octets)),
            sync: () => guard('sync', () => writer.sync()),
            close: () => guard('close', () => writer.close()),
          }
        }),
      rename: (from, to) => guard('rename', () => real.rename(from, to)),
      syncDirectory: () =>
        guard('syncDirectory', async () => {
          await self.beforeDirectorySync()
          await real.syncDirectory()
        }),
      remove: (name) => guard('remove', () => real.remove(name)),
    },
  }
  return self
}

describe('large contents', () => {
  it('are synced, named, their directory synced, and only then spoken of by a row', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: record.files })
    await store.open()
    let entriesBefore = -1
    record.beforeDirectorySync = async () => {
      entriesBefore = (await collect(store.scan())).length
    }
    await put(store, 150_000)
    expect(record.calls.filter((call) => call !== 'write')).toEqual([
      'create',
      'sync',
      'close',
      'rename',
      'syncDirectory',
    ])
    expect(record.calls.lastIndexOf('write')).toBeLessThan(record.calls.indexOf('sync'))
    expect(entriesBefore).toBe(0)
    expect(await collect(store.scan())).toHaveLength(1)
  })

  it('of a report are synced before the outcome that bears it', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: record.files })
    await store.open()
    await put(store, 10)
    const [lease] = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    record.beforeDirectorySync = async () => {
      expect((await store.stats()).failed).toBe(0)
    }
    const envelope = {
      reversePath: '',
      parameters: [],
      recipients: [{ address: 's@o', parameters: [], destination: 'o' }],
    }
    await store.settle([
      {
        lease,
        recipients: [{ index: 0, kind: 'failed', status: '5.0.0', because: 'no' }],
        spawn: [{ envelope, content: new Uint8Array(100_000) }],
      },
    ])
    expect(record.calls).toEqual(['create', 'write', 'sync', 'close', 'rename', 'syncDirectory'])
    expect(await store.stats()).toMatchObject({ failed: 1, queued: 1 })
  })

  it('are written while they arrive, and the writer is told to wait', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: record.files })
    await store.open()
    const draft = store.draft()
    expect(draft.write(new Uint8Array(60_000))).toBeUndefined()
    expect(record.calls).toEqual([])
    const written = draft.write(new Uint8Array(60_000))
    expect(written).toBeInstanceOf(Promise)
    await written
    expect(record.calls).toEqual(['create', 'write', 'write'])
    await draft.abort()
    expect(readdirSync(join(directory, 'bodies'))).toEqual([])
  })

  it('fail as a whole whichever call fails; then a file is written and read back before the next is believed', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: record.files })
    await store.open()
    await put(store, 150_000)
    const steps = record.calls.length
    for (let at = 1; at <= steps; at++) {
      record.failAt = at
      await expect(put(store, 150_000)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
      // The probe may fail just as well.
      record.failAt = 1
      await expect(put(store, 150_000)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
      record.failAt = 0
      record.calls.length = 0
      await put(store, 150_000)
      // Where no file could be made nothing was written, and nothing is in doubt.
      if (at === 1) expect(record.calls).not.toContain('remove')
      else expect(record.calls.slice(0, 5)).toEqual(['create', 'write', 'sync', 'close', 'remove'])
    }
    const stats = await store.stats()
    expect(stats.accepted).toBe(steps + 1)
    for (const entry of await collect(store.scan())) {
      if (entry.kind !== 'message') throw new Error(entry.because)
      expect((await collect(store.read(entry.id))).reduce((sum, { length }) => sum + length, 0)).toBe(150_000)
    }
    await store.close()
    await store.open()
    expect(readdirSync(join(directory, 'bodies'))).toHaveLength(steps + 1)
  })

  it('small mail is accepted while large cannot be filed', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: { ...record.files, create: () => Promise.reject(new Error('ENOSPC')) } })
    await store.open()
    await expect(put(store, 150_000)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    await put(store, 1_000)
    expect((await store.stats()).accepted).toBe(1)
  })

  it('are refused when too many files are open, and no sooner accepted than others', async () => {
    const directory = place()
    const real = nodeBodyFiles(join(directory, 'bodies'))
    let crowded = false
    const limited = <T>(open: () => T): T => {
      if (crowded) throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' })
      return open()
    }
    const files: BodyFiles = {
      ...real,
      create: async (name) => limited(() => real.create(name)),
      read: async function* (name) {
        yield* limited(() => real.read(name))
      },
    }
    const store = storeIn(directory, { files })
    await store.open()
    const { id } = await put(store, 150_000)
    const draft = store.draft()
    await draft.write(new Uint8Array(150_000))
    crowded = true
    await expect(put(store, 150_000)).rejects.toThrow('write: too many files are open')
    await expect(collect(store.read(id))).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    // What has its descriptor is finished, and small mail needs none.
    await draft.commit(envelopeTo('a.example'))
    await put(store, 1_000)
    crowded = false
    await put(store, 150_000)
    expect((await collect(store.read(id))).length).toBeGreaterThan(0)
    expect(await store.stats()).toMatchObject({ accepted: 4, corrupt: 0 })
  })

  it('have a directory whose every part lasts', async () => {
    const base = place()
    const directory = join(base, 'one', 'two')
    const store = storeIn(directory)
    const synced: string[] = []
    const real = fs.open
    fs.open = async (path, ...rest) => {
      const handle = await real(path, ...rest)
      const sync = handle.sync.bind(handle)
      handle.sync = async () => {
        synced.push(String(path))
        await sync()
      }
      return handle
    }
    syncBuiltinESMExports()
    try {
      await store.open()
    } finally {
      fs.open = real
      syncBuiltinESMExports()
    }
    for (const path of [join(directory, 'bodies'), directory, join(base, 'one'), base]) expect(synced).toContain(path)
  })

  it('leave their files when they leave the queue; orphans are set aside at the next start, foreign files stay', async () => {
    const directory = place()
    const bodies = join(directory, 'bodies')
    mkdirSync(bodies)
    for (const name of ['tmp-0123', '0123456789abc0123456789'.slice(0, 22), 'README', '.keep'])
      writeFileSync(join(bodies, name), 'x')
    const { log, warnings } = recordingLog()
    const store = storeIn(directory, { log })
    await store.open()
    const stranger = '0123456789abc012345678'
    const told = { id: stranger, because: 'no message speaks of it' }
    expect(warnings).toEqual([['content-set-aside', told]])
    const lost = readdirSync(bodies).filter((name) => name.startsWith('lost-'))
    expect(lost).toEqual([expect.stringMatching(`^lost-[0-9]{8}-${stranger}$`)])
    expect(readdirSync(bodies).sort()).toEqual(['.keep', 'README', ...lost])
    const { id } = await put(store, 150_000)
    expect(readdirSync(bodies)).toContain(id)
    const [lease] = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    await store.settle([{ lease, recipients: [{ index: 0, kind: 'delivered' }] }])
    await store.close()
    expect(readdirSync(bodies).sort()).toEqual(['.keep', 'README', ...lost])
  })

  it('stay when the thread is lost with the outcome: the row may be there, and the next start decides', async () => {
    const directory = place()
    const bodies = join(directory, 'bodies')
    const store = storeIn(directory)
    await store.open()
    const lose = vi.spyOn(Worker.prototype, 'postMessage')
    // The thread ends before it sees the batch.
    lose.mockImplementationOnce(function (this: Worker) {
      this.postMessage('close')
    })
    await expect(put(store, 150_000)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    lose.mockRestore()
    expect(readdirSync(bodies)).toHaveLength(1)
    await store.close()
    await store.open()
    expect(readdirSync(bodies).map((name) => name.slice(0, 5))).toEqual(['lost-'])
  })

  it('of reports do not stay when one of them cannot be filed', async () => {
    const directory = place()
    const record = recorder(directory)
    const store = storeIn(directory, { files: record.files })
    await store.open()
    await put(store, 10)
    const [lease] = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 1 })
    if (lease === undefined) throw new Error('no lease')
    const report = { envelope: { ...envelopeTo('o'), reversePath: '' }, content: new Uint8Array(100_000) }
    const settlement = {
      lease,
      recipients: [{ index: 0, kind: 'failed' as const, status: '5.0.0', because: 'no' }],
      spawn: [report, report],
    }
    // The write of the second.
    record.failAt = 8
    await expect(store.settle([settlement])).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    expect(record.calls[7]).toBe('write')
    expect(readdirSync(join(directory, 'bodies'))).toEqual([])
    expect(await store.settle([settlement])).toMatchObject([{ kind: 'settled' }])
    expect(readdirSync(join(directory, 'bodies'))).toHaveLength(2)
  })

  it('that went missing or short are set aside', async () => {
    const directory = place()
    const { log, warnings } = recordingLog()
    const store = storeIn(directory, { log })
    await store.open()
    const { id } = await put(store, 150_000)
    writeFileSync(join(directory, 'bodies', id), 'short')
    // Two readers find it at once; it is told once.
    for (const { reason } of (await Promise.allSettled([
      collect(store.read(id)),
      collect(store.read(id)),
    ])) as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'QUEUE_CORRUPT' })
    expect(warnings).toEqual([['message-set-aside', { id, because: 'the content file has 5 octets, not 150000' }]])
    expect((await store.stats()).corrupt).toBe(1)
    expect((await store.due(10)).destinations).toEqual([])
  })

  it('new mail is refused on a nearly full disk, outcomes are not', async () => {
    const directory = place()
    const clock = createManualClock()
    let free = 2 ** 40
    const files = { ...nodeBodyFiles(join(directory, 'bodies')), free: async () => free }
    const store = storeIn(directory, { files, clock })
    await store.open()
    await put(store, 10)
    free = 1_000
    await clock.advance(2_000)
    // The first look is answered from what was known; the next knows better.
    await put(store, 10)
    expect(store.full).toBe(true)
    await expect(put(store, 10)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED', detail: { full: true } })
    const leases = await store.lease({ destination: 'a.example', holder: 'h', duration: 1_000, limit: 10 })
    const results = await store.settle(
      leases.map((lease) => ({ lease, recipients: [{ index: 0, kind: 'delivered' as const }] })),
    )
    expect(results.map(({ kind }) => kind)).toEqual(['settled', 'settled'])
    free = 2 ** 40
    await clock.advance(2_000)
    await expect(put(store, 10)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    await put(store, 10)
  })
})
