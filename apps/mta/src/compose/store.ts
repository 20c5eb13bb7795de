import { join } from 'node:path'
import type { Log, QueueStore } from '@angarium/queue'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { nodeClock, nodeRandom } from '@angarium/smtp-node'
import type { Configuration } from '../config/schema.ts'
import { ensureFolder } from './folder.ts'

/** The queue of a configuration, not yet open; its folder is made when absent. */
export function createStore(config: Configuration, log: Log): QueueStore {
  const directory = queueFolder(config)
  ensureFolder(directory)
  return createSqliteStore({ directory, clock: nodeClock, random: nodeRandom, log })
}

/** Where the queue of a configuration is, or would be. */
export function queueFolder({ data }: Configuration): string {
  return join(data, 'queue')
}
