import { type HostLog, type Service, serveAdmin } from '@angarium/host'
import type { QueueStore } from '@angarium/queue'
import type { StationConfiguration } from './configuration/settings.ts'
import { queueProcedures } from './queue/procedures.ts'
import type { Station } from './station.ts'

/** What runs as one service. */
export interface BringUp {
  readonly station: Station
  readonly config: Pick<StationConfiguration, 'hostname' | 'admin'>
  /** The station's own. */
  readonly store: QueueStore
  readonly version: string
  readonly log: HostLog
  /** Called when the station has ended, also when it could not start. */
  release(): void | Promise<void>
}

/**
 * Starts a station, and beside it the administration socket for its queue.
 *
 * @throws what the store, a listener or the administration socket says; then nothing is left open.
 */
export async function bringUp({ station, config, store, version, log, release }: BringUp): Promise<Service> {
  const stop = async (deadlineMs: number): Promise<void> => {
    await station.stop(deadlineMs)
    await release()
  }
  try {
    await station.start()
  } catch (error) {
    await release()
    throw error
  }
  try {
    const admin = await serveAdmin({ path: config.admin.socket, procedures: queueProcedures(store, log), log })
    log.info('started', { version, hostname: config.hostname, pid: process.pid })
    return {
      async stop(deadlineMs) {
        await admin.close()
        await stop(deadlineMs)
      },
    }
  } catch (error) {
    await stop(0)
    throw error
  }
}
