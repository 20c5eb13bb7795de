import type { HostLog, Service } from '@angarium/host'
import { bringUp, listeningAddresses } from '@angarium/station'
import manifest from '../../package.json' with { type: 'json' }
import type { Configuration } from '../config/schema.ts'
import { nodeFiles } from '../maildir/files.ts'
import { drivers } from './drivers.ts'
import { createMta } from './mta.ts'

/**
 * Brings up an MTA on this machine: its sockets, clock, name servers and disks, and the administration socket.
 *
 * @throws what the store, a listener or the administration socket says; then nothing is left open.
 */
export function production(
  config: Configuration,
  log: HostLog,
  onDelivered?: (path: string, address: string) => void,
): Promise<Service> {
  return bringUp({
    config,
    drivers,
    version: manifest.version,
    log,
    create: (machine, contributions) =>
      createMta({
        ...machine,
        config,
        contributions,
        files: nodeFiles,
        addresses: listeningAddresses(config),
        ...(onDelivered && { onDelivered }),
      }),
  })
}
