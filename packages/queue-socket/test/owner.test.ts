import { join } from 'node:path'
import type { QueueStore } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { describe, expect, it, vi } from 'vitest'
import { kinds } from '../src/wire/frames.ts'
import { bound } from './bound.ts'
import { welcomeGuest } from './guest.ts'
import {
  afterwards,
  collect,
  connected,
  envelopeTo,
  memoryStore,
  place,
  put,
  recordingLog,
  served,
  until,
} from './place.ts'

describe('a connection', () => {
  it('lasts, though nothing is said for long', async () => {
    const path = join(place(), 'queue.sock')
    const { log, events } = recordingLog()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
    afterwards(() => vi.useRealTimers())
    await served({ path, store: await memoryStore(), log })
    const client = await connected(path, { log })
    vi.advanceTimersByTime(600_000)
    vi.useRealTimers()
    await put(client, 10)
    expect(events).toEqual([])
  })
})

describe('work', () => {
  it('is told to those who listen, once a turn, urgent or not', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store })
    const [client, other] = [await connected(path), await connected(path)]
    const heard: boolean[] = []
    const stop = client.onWork((urgent) => heard.push(urgent))
    await client.stats()
    await put(other, 10)
    await until(() => heard.length === 1)
    await collect(other.change({}, { kind: 'expedite' }))
    await until(() => heard.length === 2)
    stop()
    await put(store, 10)
    await client.stats()
    expect(heard).toEqual([false, true])
  })
})

describe('leases of a guest that is gone', () => {
  it('end at once, with the attempt counted; those settled or handed on do not', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store })
    const [dying, other] = [await welcomeGuest(path), await connected(path)]
    for (const name of ['a', 'b', 'c']) await other.draft().commit(envelopeTo(`${name}.example`))
    for (const [at, name] of ['a', 'b'].entries())
      dying.send(kinds.ask, at, {
        op: 'lease',
        request: { destination: `${name}.example`, holder: 'dying', duration: 300_000, limit: 9 },
      })
    await dying.next(kinds.answer)
    await dying.next(kinds.answer)
    const [mine] = await other.lease({ destination: 'c.example', holder: 'me', duration: 300_000, limit: 9 })
    const heard: boolean[] = []
    other.onWork((urgent) => heard.push(urgent))
    await other.stats()
    dying.socket.destroy()
    await until(() => heard.length === 1)
    const { extend } = bound(store)
    expect(await extend([mine as never], 1_000)).toHaveLength(1)
    const states = (await collect(store.scan())).map((entry) =>
      entry.kind === 'message' ? entry.recipients[0]?.attempts : 0,
    )
    expect(states).toEqual([1, 1, 1])
  })

  it('are given back too when the store answers after its end', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    const answers: (() => void)[] = []
    const slow = {
      ...bound(store),
      async lease(request: Parameters<QueueStore['lease']>[0]) {
        await new Promise<void>((resolve) => answers.push(resolve))
        return store.lease(request)
      },
    }
    await served({ path, store: slow })
    await put(store, 10)
    let abandoned = 0
    store.onWork(() => abandoned++)
    const dying = await welcomeGuest(path)
    const request = { destination: 'a.example', holder: 'dying', duration: 300_000, limit: 1 }
    dying.send(kinds.ask, 0, { op: 'lease', request })
    await until(() => answers.length === 1)
    dying.socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    answers[0]?.()
    await until(() => abandoned === 1)
  })
})

describe('errors of the store', () => {
  it.each([
    new QueueError('QUEUE_STORE_FAILED', 'no room', { operation: 'due', full: true }),
    new QueueError('QUEUE_CORRUPT', 'bad', { id: 'x', because: 'checksum' }),
    new QueueError('QUEUE_NOT_FOUND', 'none', { id: 'x' }),
    new QueueError('QUEUE_MISUSE', 'wrong', { operation: 'due', because: 'y' }),
  ])('come through: $code', async (error) => {
    const path = join(place(), 'queue.sock')
    await served({ path, store: { ...bound(await memoryStore()), due: () => Promise.reject(error) } })
    const client = await connected(path)
    const { code, message, detail } = error
    await expect(client.due(1)).rejects.toMatchObject({ name: 'QueueError', code, message, detail })
  })

  it('that are none of the queue’s, or of a store that is closed, are failures of the store', async () => {
    const path = join(place(), 'queue.sock')
    const store = await memoryStore()
    await served({ path, store: { ...bound(store), due: () => Promise.reject(new TypeError('oh')) } })
    const client = await connected(path)
    await expect(client.due(1)).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED', message: 'due: oh' })
    await store.close()
    await expect(client.stats()).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    await expect(collect(client.scan())).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
  })

  it('of a store that makes all ids itself: it is not served', async () => {
    const store = await memoryStore()
    const deaf = { ...bound(store), draft: () => store.draft() }
    await expect(served({ path: join(place(), 'queue.sock'), store: deaf })).rejects.toMatchObject({
      code: 'QUEUE_MISUSE',
    })
  })
})

describe('readings', () => {
  it('are no more than some at a time, and end with their reader', async () => {
    const store = await memoryStore()
    for (let n = 0; n < 300; n++) await put(store, 10)
    const path = join(place(), 'queue.sock')
    await served({ path, store })
    const client = await connected(path)
    const scans = Array.from({ length: 64 }, () => client.scan()[Symbol.asyncIterator]())
    for (const scan of scans) await scan.next()
    await expect(collect(client.scan())).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED' })
    await scans[0]?.return?.()
    expect(await collect(client.scan())).toHaveLength(300)
  })
})
