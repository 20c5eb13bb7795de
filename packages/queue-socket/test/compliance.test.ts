import { join } from 'node:path'
import type { Clock, QueueStore, Random } from '@angarium/queue'
import { createMemoryStore } from '@angarium/queue'
import { queueStoreCases } from '@angarium/queue/compliance'
import { createManualClock, createSeededRandom } from '@angarium/queue/testing'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { describe, it } from 'vitest'
import type { QueueOwner } from '../src/index.ts'
import { connectQueue, serveQueue, socketStoreCapabilities } from '../src/index.ts'
import { afterwards, place } from './place.ts'

interface Parts {
  readonly clock: Clock
  readonly random: Random
}

interface Served {
  readonly directory: string
  readonly store: QueueStore
  readonly owner: QueueOwner
}

const behind = {
  memory: (parts: Parts) => createMemoryStore(parts),
  sqlite: (parts: Parts, directory: string) => createSqliteStore({ ...parts, directory }),
}

describe.each(Object.entries(behind))('%s store behind a socket', (name, make) => {
  for (const one of queueStoreCases(socketStoreCapabilities))
    it(one.name, { timeout: 60_000 }, () => {
      const parts = { clock: createManualClock(), random: createSeededRandom() }
      const owners = new Map<QueueStore, Served>()
      const connect = async (directory: string, store: QueueStore): Promise<QueueStore> => {
        await store.open()
        const path = join(directory, 'queue.sock')
        const owner = await serveQueue({ path, store })
        const client = connectQueue({ path, clock: parts.clock })
        owners.set(client, { directory, store, owner })
        afterwards(async () => {
          await client.close()
          await owner.close()
          await store.close()
        })
        return client
      }
      const setup = {
        clock: parts.clock,
        create: () => {
          const directory = place()
          return connect(directory, make(parts, directory))
        },
        async reopen(client: QueueStore) {
          await client.close()
          const { directory, store, owner } = owners.get(client) as Served
          await owner.close()
          await store.close()
          return connect(directory, name === 'memory' ? store : make(parts, directory))
        },
        second(client: QueueStore) {
          const path = join((owners.get(client) as Served).directory, 'queue.sock')
          const second = connectQueue({ path, clock: parts.clock })
          afterwards(() => second.close())
          return second
        },
      }
      return one.run(setup)
    })
})
