import { join } from 'node:path'
import type { Draft, QueueStore } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { describe, expect, it } from 'vitest'
import { kinds } from '../src/wire/frames.ts'
import { welcomeGuest } from './guest.ts'
import { collect, connected, envelopeTo, memoryStore, place, put, served, until } from './place.ts'

/** A store whose drafts take content only when told to, and whose commits are told of. */
async function slowStore() {
  const store = await memoryStore()
  const waiting: (() => void)[] = []
  const turns: string[][] = []
  let turn: string[] | undefined
  let free = false
  const slow: QueueStore = {
    ...bound(store),
    draft(hint) {
      const draft = store.draft(hint)
      const held: Draft = {
        id: draft.id,
        async write(octets) {
          if (!free) await new Promise<void>((resolve) => waiting.push(resolve))
          await draft.write(octets)
        },
        commit(envelope, options) {
          if (turn === undefined) {
            turn = []
            turns.push(turn)
            setImmediate(() => {
              turn = undefined
            })
          }
          turn.push(envelope.recipients[0]?.destination ?? '')
          return draft.commit(envelope, options)
        },
        abort: () => draft.abort(),
      }
      return held
    },
  }
  const release = (): void => {
    free = true
    for (const go of waiting.splice(0)) go()
  }
  return { store, slow, waiting, release, turns }
}

/** A store's methods as plain fields, to change some of. */
function bound(store: QueueStore): QueueStore {
  return {
    capabilities: store.capabilities,
    open: () => store.open(),
    close: () => store.close(),
    draft: (hint) => store.draft(hint),
    due: (limit) => store.due(limit),
    lease: (request) => store.lease(request),
    extend: (leases, duration) => store.extend(leases, duration),
    settle: (settlements) => store.settle(settlements),
    read: (id) => store.read(id),
    scan: (filter, after) => store.scan(filter, after),
    change: (filter, change) => store.change(filter, change),
    stats: () => store.stats(),
    onWork: (listener) => store.onWork(listener),
  }
}

describe('content', () => {
  it('waits for the store: no more than the window is on its way, for one draft or many', async () => {
    const { store, slow, waiting, release } = await slowStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store: slow, limits: { windowOctets: 262_144 } })
    const client = await connected(path)
    const drafts = [client.draft(), client.draft(), client.draft()]
    const chunk = new Uint8Array(32_768).fill(7)
    let taken = 0
    const feeding = drafts.map(async (draft) => {
      for (let n = 0; n < 20; n++) {
        await draft.write(chunk)
        taken += chunk.length
      }
    })
    await until(() => waiting.length === 3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(taken).toBe(262_144)
    release()
    await Promise.all(feeding)
    const accepted = await Promise.all(drafts.map((draft) => draft.commit(envelopeTo('a.example'))))
    for (const { id } of accepted)
      expect(Buffer.concat(await collect(store.read(id)))).toEqual(Buffer.alloc(20 * 32_768, 7))
  })

  it('of a large write goes in pieces, in order, also when the writer does not wait', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store, limits: { windowOctets: 131_072 } })
    const client = await connected(path)
    const draft = client.draft()
    const octets = new Uint8Array(1_000_000).map((_, at) => at % 251)
    const written = [octets.subarray(0, 300_001), octets.subarray(300_001, 300_002), octets.subarray(300_002)].map(
      (part) => draft.write(part),
    )
    const { id } = await draft.commit(envelopeTo('a.example'))
    await Promise.all(written)
    expect(Buffer.concat(await collect(store.read(id))).equals(octets)).toBe(true)
  })

  it('that the store refuses: the writer is told, the commit too, and the draft can be given up', async () => {
    const store = await memoryStore()
    const full = new QueueError('QUEUE_STORE_FAILED', 'write: no room', { operation: 'write', full: true })
    const path = join(place(), 'queue.sock')
    const failing = {
      ...bound(store),
      draft: (hint?: object) => ({ ...store.draft(hint), write: () => Promise.reject(full) }),
    }
    await served({ path, store: failing, limits: { windowOctets: 131_072 } })
    const client = await connected(path)
    const draft = client.draft()
    const feed = async (): Promise<void> => {
      for (;;) await draft.write(new Uint8Array(60_000))
    }
    await expect(feed()).rejects.toMatchObject({ code: 'QUEUE_STORE_FAILED', detail: { full: true } })
    await expect(draft.commit(envelopeTo('a.example'))).rejects.toMatchObject({ detail: { full: true } })
    await draft.abort()
    expect((await store.stats()).accepted).toBe(0)
  })

  it('of drafts given up, or cut off with their guest, is gone', async () => {
    const { store, slow, waiting, release } = await slowStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store: slow })
    const client = await connected(path)
    const draft = client.draft()
    await draft.write(new Uint8Array(10))
    await draft.abort()
    const dying = await welcomeGuest(path)
    dying.send(kinds.begin, 0, { id: '10000000000000000000aa' })
    dying.octets(kinds.content, 0, new Uint8Array(10))
    await until(() => waiting.length === 2)
    dying.socket.destroy()
    release()
    await put(client, 10)
    expect((await store.stats()).accepted).toBe(1)
  })
})

describe('many at once', () => {
  it('leave as one write, and reach the store in one turn, in order', async () => {
    const { slow, release, turns } = await slowStore()
    release()
    const path = join(place(), 'queue.sock')
    await served({ path, store: slow })
    const client = await connected(path)
    const commits = Array.from({ length: 100 }, (_, n) => client.draft().commit(envelopeTo(`d${n}.example`)))
    await Promise.all(commits)
    expect(turns).toEqual([Array.from({ length: 100 }, (_, n) => `d${n}.example`)])
  })

  it('from one guest do not keep another waiting', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store, limits: { questions: 16 } })
    const [greedy, modest] = [await connected(path), await connected(path)]
    let done = 0
    const flood = Array.from({ length: 4_000 }, async () => {
      await greedy.stats()
      done++
    })
    await modest.stats()
    expect(done).toBeLessThan(2_000)
    await Promise.all(flood)
  })

  it('are no more than the owner takes: further drafts are refused at once, and taken again afterwards', async () => {
    const store = await memoryStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store, limits: { drafts: 3 } })
    const client = await connected(path)
    const drafts = [client.draft(), client.draft(), client.draft()]
    expect(() => client.draft()).toThrow(expect.objectContaining({ code: 'QUEUE_STORE_FAILED' }))
    await drafts[0]?.abort()
    await drafts[1]?.commit(envelopeTo('a.example'))
    await Promise.all([client.draft(), client.draft()].map((draft) => draft.commit(envelopeTo('a.example'))))
    expect((await store.stats()).messages).toBe(3)
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
    let abandoned = 0
    await served({ path, store, onAbandoned: () => abandoned++ })
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
    await until(() => abandoned === 1 && heard.length === 1)
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
    let abandoned = 0
    await served({ path, store: slow, onAbandoned: () => abandoned++ })
    await put(store, 10)
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
