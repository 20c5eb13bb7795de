import { type EtrnRequest, readEtrn } from '@angarium/esmtp-extensions'
import type { DestinationKey, Log, Progress, QueueStore } from '@angarium/queue'
import { type Reply, reply } from '@angarium/smtp-wire'
import type { SessionFacts } from '../session/facts.ts'
import type { VerbOwner } from './owner.ts'

/** What an {@link createEtrn} is made of. */
export interface EtrnOptions {
  readonly store: QueueStore
  /** The destination whose mail is to be tried now, or `undefined`: this host does not do that for the client. */
  destinationOf(request: EtrnRequest, session: SessionFacts): DestinationKey | undefined
  readonly log: Log
}

/**
 * Answers ETRN: all mail for the destination is tried now, in its place in line, to the hosts DNS or the routes name,
 * never to the client by its word. Of one destination one run is under way at a time.
 *
 * @rfc 1985 5
 */
export function createEtrn({ store, destinationOf, log }: EtrnOptions): VerbOwner {
  const running = new Set<DestinationKey>()

  async function runOn(destination: DestinationKey, progress: AsyncIterator<Progress>): Promise<void> {
    try {
      while ((await progress.next()).done !== true);
    } catch (error) {
      log.warn('etrn-failed', { destination, error })
    } finally {
      running.delete(destination)
    }
  }

  return async ({ argument }, session) => {
    const request = readEtrn(argument)
    const destination = request && destinationOf(request, session)
    if (destination === undefined) return notAllowed
    if (running.has(destination)) return started
    running.add(destination)
    const progress = store.change({ destination }, { kind: 'expedite' })[Symbol.asyncIterator]()
    try {
      const first = await progress.next()
      if (first.done === true) {
        running.delete(destination)
        return nothingWaits
      }
    } catch (error) {
      running.delete(destination)
      log.warn('etrn-failed', { destination, error })
      return unable
    }
    void runOn(destination, progress)
    return started
  }
}

const started: Reply = reply(250, '0.0', 'Queuing for the node started')
const nothingWaits: Reply = reply(251, '0.0', 'No messages waiting for the node')
const unable: Reply = reply(458, '3.0', 'Unable to queue messages for the node')
const notAllowed: Reply = reply(459, '7.1', 'Node not allowed: this host keeps no mail for it')
