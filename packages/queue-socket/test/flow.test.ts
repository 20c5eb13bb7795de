import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Draft, QueueStore } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { describe, expect, it, vi } from 'vitest'
import { kinds } from '../src/wire/frames.ts'
import { bound } from './bound.ts'
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

  it('that does not wait for the store is the end of its guest', async () => {
    const { slow } = await slowStore()
    const path = join(place(), 'queue.sock')
    await served({ path, store: slow, limits: { windowOctets: 131_072 } })
    const greedy = await welcomeGuest(path)
    greedy.send(kinds.begin, 0, { id: '10000000000000000000aa' })
    for (let n = 0; n < 3; n++) greedy.octets(kinds.content, 0, new Uint8Array(65_536))
    expect(await greedy.farewell).toContain('more content')
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
    const writes = vi.spyOn(Socket.prototype, 'write')
    const commits = Array.from({ length: 100 }, (_, n) => client.draft().commit(envelopeTo(`d${n}.example`)))
    await Promise.all(commits)
    // One with the questions, one with the answers.
    expect(writes).toHaveBeenCalledTimes(2)
    writes.mockRestore()
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
