import type { LeaseRef, QueueId, QueueStore } from '@angarium/queue'
import { silentLog } from '@angarium/queue'
import { misuse } from '@angarium/queue/lifecycle'
import { Door } from '../socket/door.ts'
import { listen } from '../socket/listen.ts'
import { pieceOctets } from '../wire/frames.ts'
import { Connection } from './connection.ts'
import type { QueueOwner, QueueOwnerOptions } from './options.ts'
import { defaultQueueOwnerLimits } from './options.ts'

/**
 * Serves an open store to other processes, over a Unix socket. A process that dies loses its drafts, and its leases end
 * at once: others may have the work, with the attempt counted.
 *
 * @throws QueueError QUEUE_LOCKED when another owner answers at the path, QUEUE_FORMAT when the place is not fit for it,
 * QUEUE_STORE_FAILED when no socket can be made, QUEUE_MISUSE for limits that cannot be kept and for a store that makes all
 * ids itself.
 */
export async function serveQueue(options: QueueOwnerOptions): Promise<QueueOwner> {
  const { path, store, log = silentLog } = options
  const last = unusedId(store)
  if (store.draft({ id: last }).id !== last) throw misuse('open', 'the store does not take ids made elsewhere')
  const limits = { ...defaultQueueOwnerLimits, ...options.limits }
  // A piece must fit beside what the guest was not yet told of: a quarter.
  if (limits.windowOctets < 2 * pieceOctets)
    throw misuse('open', `a window of ${limits.windowOctets} octets is too small`)
  const connections = new Set<Connection>()
  let closing = false

  const tellWork = (urgent: boolean): void => {
    for (const connection of connections) connection.tellWork(urgent)
  }

  async function abandon(leases: readonly LeaseRef[]): Promise<void> {
    // The guests of an owner that goes down may be those of the next one.
    if (leases.length === 0 || closing) return
    try {
      const results = await store.settle(leases.map((lease) => ({ lease, recipients: [], abandoned: true })))
      const count = results.filter(({ kind }) => kind === 'settled').length
      if (count > 0) log.warn('leases-abandoned', { count })
    } catch (error) {
      // Then they last until their deadlines.
      log.warn('store-failed', { operation: 'settle', error })
    }
  }

  const door = new Door({
    errand: 'queue',
    path,
    limits,
    log,
    welcome() {
      const { windowOctets, frameOctets, drafts } = limits
      return { windowOctets, frameOctets, drafts, after: unusedId(store) }
    },
    admit(channel) {
      const connection = new Connection(channel, { store, limits, abandon: (leases) => void abandon(leases) })
      connections.add(connection)
      return {
        frame: (frame) => connection.frame(frame),
        room: () => connection.room(),
        finish: () => connection.finish(),
        ended() {
          connections.delete(connection)
          connection.ended()
        },
      }
    },
  })
  const stopListening = await listen(path, log, (socket) => door.enter(socket))
  const stopHearing = store.onWork(tellWork)
  return {
    async close() {
      closing = true
      stopListening()
      stopHearing()
      await door.close()
    },
  }
}

/** An id greater than all before: those that guests make are to go on from there. */
function unusedId(store: QueueStore): QueueId {
  const draft = store.draft({ size: 0 })
  void draft.abort()
  return draft.id
}
