import { createNodeResolver } from '@angarium/dns-client/node'
import type { HostLog, Service } from '@angarium/host'
import { createDialer, createTlsContext, listen, nodeClock, nodeRandom } from '@angarium/smtp-node'
import { bringUp, contributionsOf, listeningAddresses, ownAddresses } from '@angarium/station'
import { readTlsFiles } from '@angarium/station/configuration'
import { queueFolder } from '@angarium/station/queue'
import manifest from '../../package.json' with { type: 'json' }
import type { Configuration } from '../config/schema.ts'
import { nodeFiles } from '../maildir/files.ts'
import { createMta } from './mta.ts'
import { createStore } from './store.ts'

/**
 * Brings up an MTA on this machine: its sockets, clock, name servers and disks, and the administration socket.
 *
 * @throws what the store, a listener or the administration socket says; then nothing is left open.
 */
export async function production(
  config: Configuration,
  log: HostLog,
  onDelivered?: (path: string, address: string) => void,
): Promise<Service> {
  const files = readTlsFiles(config.tls, createTlsContext)
  if (files.kind === 'unusable') throw new Error(`tls.${files.setting} ${files.because}`)
  const tls = files.context
  const store = createStore(queueFolder(config), log)
  const resolver = await createNodeResolver({ ...(config.dns.servers && { servers: config.dns.servers }) })
  const mta = createMta({
    config,
    contributions: await contributionsOf(config, { hostname: config.hostname, store, clock: nodeClock, log }),
    clock: nodeClock,
    random: nodeRandom,
    log,
    store,
    resolver,
    dialer: createDialer({ tls }),
    listen: (listener, onConnection) => listen({ ...listener, tls, onConnection }),
    files: nodeFiles,
    addresses: listeningAddresses(config),
    ownAddresses: ownAddresses(config),
    offersTls: tls.hasCertificate,
    ...(onDelivered && { onDelivered }),
  })
  const { version } = manifest
  return bringUp({ station: mta, config, store, version, log, release: () => resolver.close() })
}
