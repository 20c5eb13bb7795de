import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createManualClock } from '@angarium/queue/testing'
import { describe, expect, it, vi } from 'vitest'
import { collect, place, put, storeIn } from './place.ts'

/** Runs the child until it has said so many lines, kills it, and returns what it said. */
async function fall(directory: string, lines: number): Promise<readonly string[]> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@angarium/source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'crash-child.ts'),
      directory,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      said += text
      if (said.split('\n').length > lines) child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', () => resolve())
  })
  return said.split('\n').slice(0, -1)
}

describe('kill -9', () => {
  it('loses nothing acknowledged, repeats no settled delivery, and the next start needs no help', {
    timeout: 60_000,
  }, async () => {
    const directory = place()
    const accepted = new Set<string>()
    const delivered = new Set<string>()
    for (const lines of [1, 40, 150, 600]) {
      const said = await fall(directory, lines)
      expect(said[0]).toBe('open')
      for (const line of said) {
        const [what, id = ''] = line.split(' ')
        if (what === 'accepted') accepted.add(id)
        if (what === 'delivered') delivered.add(id)
      }
      const clock = createManualClock(Date.now())
      const store = storeIn(directory, { clock })
      await store.open()
      const there = new Map((await collect(store.scan())).map((entry) => [entry.id as string, entry]))
      // Gone without a word: only its settlement can have been under way when the child fell.
      const unheard = [...accepted].filter((id) => !delivered.has(id) && !there.has(id))
      for (const id of unheard) {
        expect(said.indexOf(`accepted ${id}`)).toBeGreaterThanOrEqual(said.length - 40)
        delivered.add(id)
      }
      for (const id of delivered) expect(there.has(id)).toBe(false)
      for (const entry of there.values()) {
        if (entry.kind !== 'message') throw new Error(entry.because)
        const octets = (await collect(store.read(entry.id))).reduce((sum, { length }) => sum + length, 0)
        expect(octets).toBe(entry.size)
        // One whose lease was taken back has an attempt behind it.
        expect(entry.recipients[0]?.state).toMatch(/^(queued|deferred)$/)
      }
      const { accepted: all, delivered: done, queued, held } = await store.stats()
      expect(done + queued + held).toBe(all)
      expect(all).toBeGreaterThanOrEqual(accepted.size)
      await store.close()
    }
    expect(accepted.size).toBeGreaterThan(200)
  })
})

describe('one process per queue', () => {
  it('a second one is told, and gets in when the first is gone or dead', { timeout: 30_000 }, async () => {
    const directory = place()
    const store = storeIn(directory)
    await store.open()
    const { id } = await put(store, 10)
    const terminate = vi.spyOn(Worker.prototype, 'terminate')
    await expect(storeIn(directory).open()).rejects.toMatchObject({ code: 'QUEUE_LOCKED' })
    // Its thread ended by itself.
    expect(terminate).not.toHaveBeenCalled()
    expect(await fall(directory, 1).catch(() => [])).toEqual([])
    await store.close()
    expect((await fall(directory, 1))[0]).toBe('open')
    const next = storeIn(directory)
    await next.open()
    expect((await collect(next.scan()))[0]?.id).toBe(id)
  })
})
