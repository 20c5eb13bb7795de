import type { Log, QueueStore } from '@angarium/queue'
import { createSqliteStore } from '@angarium/queue-sqlite'
import { nodeClock, nodeRandom } from '@angarium/smtp-node'
import { ensureFolder } from '@angarium/station'

/** The queue in a folder, not yet open; the folder is made when absent. */
export function createStore(directory: string, log: Log): QueueStore {
  ensureFolder(directory)
  return createSqliteStore({ directory, clock: nodeClock, random: nodeRandom, log })
}
