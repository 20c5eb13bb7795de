import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDispatcher } from '../src/index.ts'
import { afterwards, connected, memoryStore, place, served } from './place.ts'

/** A socket whose owner was killed. */
async function orphan(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', script, path], { stdio: 'ignore' }), 'close')
}

describe('the place of a socket', () => {
  it('is for its owner alone', async () => {
    const path = join(place(), 'queue.sock')
    await served({ path, store: await memoryStore() })
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('is refused while an owner answers there, and free when it is closed', async () => {
    const path = join(place(), 'queue.sock')
    const store = await memoryStore()
    const owner = await served({ path, store })
    await expect(served({ path, store })).rejects.toMatchObject({ code: 'QUEUE_LOCKED', detail: { where: path } })
    await expect(createDispatcher({ path })).rejects.toMatchObject({ code: 'QUEUE_LOCKED' })
    await owner.close()
    expect(existsSync(path)).toBe(false)
    await served({ path, store })
  })

  it('is taken over from an owner that was killed', async () => {
    const path = join(place(), 'queue.sock')
    await orphan(path)
    expect(statSync(path).isSocket()).toBe(true)
    const store = await memoryStore()
    await served({ path, store })
    expect(await (await connected(path)).stats()).toEqual(await store.stats())
  })

  it('is refused where something else lies, which is left alone', async () => {
    const path = join(place(), 'queue.sock')
    writeFileSync(path, 'precious')
    await expect(served({ path, store: await memoryStore() })).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  it('is refused in a directory that others can write to, by guests too', async () => {
    const directory = place()
    const path = join(directory, 'queue.sock')
    const store = await memoryStore()
    await served({ path, store })
    chmodSync(directory, 0o777)
    await expect(served({ path: join(directory, 'other.sock'), store })).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
    await expect(connected(path)).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
    chmodSync(directory, 0o1777)
    await connected(path)
  })

  it('is refused where there is no directory, or where its name is too long', async () => {
    const store = await memoryStore()
    const gone = join(place(), 'nowhere', 'queue.sock')
    await expect(served({ path: gone, store })).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    const long = join(place(), 'x'.repeat(120))
    await expect(served({ path: long, store })).rejects.toMatchObject({ code: 'QUEUE_FORMAT' })
  })

  it('may have a long name when there is a short way to it', async () => {
    const directory = join(place(), 'd'.repeat(100))
    mkdirSync(directory)
    const before = process.cwd()
    process.chdir(directory)
    afterwards(() => process.chdir(before))
    const path = join(directory, 'queue.sock')
    await served({ path, store: await memoryStore() })
    await connected(path)
  })
})
