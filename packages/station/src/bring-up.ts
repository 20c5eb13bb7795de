import { createNodeResolver } from '@angarium/dns-client/node'
import { type HostLog, type Service, serveAdmin } from '@angarium/host'
import { createSteadyClock } from '@angarium/queue'
import type { Contribution } from '@angarium/reception'
import type { StationConfiguration } from './configuration/settings.ts'
import { readTlsFiles } from './configuration/tls-files.ts'
import { contributionsOf } from './contributions.ts'
import type { Drivers, HasCertificate } from './drivers.ts'
import { ensureFolder, queueFolder } from './folder.ts'
import { ownAddresses } from './listen.ts'
import { queueProcedures } from './queue/procedures.ts'
import { queueSocket, type Share, type Sharing } from './sharing.ts'
import type { Machine, Station } from './station.ts'

/** What runs as one service. */
export interface BringUp<T extends HasCertificate> {
  readonly config: StationConfiguration
  readonly drivers: Drivers<T>
  readonly version: string
  readonly log: HostLog
  /** Puts the station together, with what the configured modules contribute. */
  create(machine: Machine, contributions: readonly Contribution[]): Station
  /** Called when the station has ended, also when it could not start. */
  release?(): void | Promise<void>
}

/**
 * Makes a station of what this machine has and starts it, and beside it the administration socket for its queue.
 *
 * @throws what a file, a module, the store, a listener or the administration socket says; then nothing is left open.
 */
export async function bringUp<T extends HasCertificate>(options: BringUp<T>): Promise<Service> {
  const { config, drivers, version, log } = options
  const { random } = drivers
  // Shared by all that reckons with times of the queue.
  const clock = createSteadyClock({ clock: drivers.clock, log })
  const { hostname } = config
  let station: Station | undefined
  let releaseResolver = (): void => undefined
  const stop = async (deadlineMs: number): Promise<void> => {
    await station?.stop(deadlineMs)
    releaseResolver()
    await options.release?.()
  }
  try {
    const files = readTlsFiles(config.tls, drivers.createTlsContext)
    if (files.kind === 'unusable') throw new Error(`tls.${files.setting} ${files.because}`)
    const tls = files.context
    const { minFree } = config.queue
    const share = shareOf(config, drivers.sharing)
    const isGuest = share?.role === 'guest'
    const directory = queueFolder(config)
    if (!isGuest) ensureFolder(directory)
    const store = isGuest
      ? drivers.sharing.connect({ path: queueSocket(share.folder), clock, log })
      : drivers.createStore({ directory, clock, log, minFree })
    const resolver = await createNodeResolver({ ...(config.dns.servers && { servers: config.dns.servers }) })
    releaseResolver = () => resolver.close()
    const machine: Machine = {
      clock,
      random,
      log,
      store,
      resolver,
      dialer: drivers.createDialer({ tls }),
      listen: (listener, onConnection) => drivers.listen({ ...listener, tls, onConnection }),
      ownAddresses: ownAddresses(config),
      offersTls: tls.hasCertificate,
      ...(share && { share }),
    }
    const created = options.create(machine, await contributionsOf(config, { hostname, store, clock, log }))
    await created.start()
    station = created
    const procedures = queueProcedures({ store, clock, log, station })
    // An operator asks the owner of a queue.
    const admin = isGuest ? undefined : await serveAdmin({ path: config.admin.socket, procedures, log })
    log.info('started', { version, hostname, pid: process.pid })
    return {
      async stop(deadlineMs) {
        await admin?.close()
        await stop(deadlineMs)
      },
    }
  } catch (error) {
    await stop(0)
    throw error
  }
}

/** The part that the configuration gives this server in a shared queue, if any. */
function shareOf({ data, queue: { share, owner } }: StationConfiguration, sharing: Sharing): Share | undefined {
  if (owner !== undefined) return { role: 'guest', sharing, folder: owner }
  return share ? { role: 'owner', sharing, folder: data } : undefined
}
