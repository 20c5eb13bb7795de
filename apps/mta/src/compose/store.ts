import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { QueueStore } from '@angarium/queue'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { nodeClock, nodeRandom } from '@angarium/smtp-node'
import type { Configuration } from '../config/schema.ts'

/** The queue of a configuration, not yet open; its folder is made when absent. */
export function createStore({ data }: Configuration): QueueStore {
  mkdirSync(data, { recursive: true, mode: 0o700 })
  return createSqliteStore({ directory: join(data, 'queue'), clock: nodeClock, random: nodeRandom })
}
