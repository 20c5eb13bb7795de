import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { QueueStore } from '@angarium/queue'
import { queueStoreCases } from '@angarium/queue/compliance'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { describe, it } from 'vitest'
import { sqliteStoreCapabilities } from '../src/index.ts'
import { place, storeIn } from './place.ts'

describe('sqlite store', () => {
  for (const one of queueStoreCases(sqliteStoreCapabilities, { damage: true }))
    it(one.name, { timeout: 30_000 }, () => {
      const clock = createManualClock()
      const random = createSeededRandom()
      const directories = new Map<QueueStore, string>()
      const open = (directory: string): QueueStore => {
        const store = storeIn(directory, { clock, random })
        directories.set(store, directory)
        return store
      }
      return one.run({
        clock,
        create: () => open(place()),
        reopen: async (store) => {
          await store.close()
          return open(directories.get(store) ?? '')
        },
        damage: async (store, id) => {
          const directory = directories.get(store) ?? ''
          const file = join(directory, 'bodies', id)
          if (existsSync(file)) {
            const handle = openSync(file, 'r+')
            const octet = new Uint8Array(1)
            readSync(handle, octet, 0, 1, 1_000)
            octet[0] = (octet[0] ?? 0) ^ 4
            writeSync(handle, octet, 0, 1, 1_000)
            closeSync(handle)
            return
          }
          await store.close()
          const db = new DatabaseSync(join(directory, 'queue.sqlite'))
          db.prepare('UPDATE message SET content = zeroblob(size) WHERE id = ?').run(id)
          db.close()
          await store.open()
        },
      })
    })
})
