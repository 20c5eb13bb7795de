import { networkInterfaces } from 'node:os'
import { createNodeResolver } from '@angarium/dns-client/node'
import { type HostLog, type Service, serveAdmin } from '@angarium/host'
import { createDialer, listen, nodeClock, nodeRandom, type TlsContext } from '@angarium/smtp-node'
import { formatReply, reply } from '@angarium/smtp-wire'
import manifest from '../../package.json' with { type: 'json' }
import { queueProcedures } from '../admin/procedures.ts'
import type { Configuration } from '../config/schema.ts'
import { readTlsFiles } from '../config/tls-files.ts'
import { nodeFiles } from '../maildir/files.ts'
import { contributionsOf } from './contributions.ts'
import { createMta, type Listen } from './mta.ts'
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
  const tls = readTlsFiles(config.tls)
  if (tls.kind === 'unusable') throw new Error(`tls.${tls.setting} ${tls.because}`)
  const store = createStore(config, log)
  const resolver = await createNodeResolver({ ...(config.dns.servers && { servers: config.dns.servers }) })
  const contributions = await contributionsOf(config, { hostname: config.hostname, store, clock: nodeClock, log })
  const mta = createMta({
    config,
    contributions,
    clock: nodeClock,
    random: nodeRandom,
    log,
    store,
    resolver,
    dialer: createDialer({ tls: tls.context }),
    listen: listenWith(config, tls.context, log),
    files: nodeFiles,
    ownAddresses: ownAddresses(config),
    offersTls: tls.context.hasCertificate,
    ...(onDelivered && { onDelivered }),
  })
  const stop = async (deadlineMs: number): Promise<void> => {
    await mta.stop(deadlineMs)
    resolver.close()
  }
  await mta.start()
  try {
    const admin = await serveAdmin({ path: config.admin.socket, procedures: queueProcedures(store, log), log })
    log.info('started', { version: manifest.version, hostname: config.hostname, pid: process.pid })
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

function listenWith({ hostname, limits }: Configuration, tls: TlsContext, log: HostLog): Listen {
  const tooMany = formatReply(reply(421, undefined, `${hostname} has too many connections; come again`))
  return ({ address, port }, onConnection) =>
    listen({
      address,
      port,
      maxConnections: limits.connections,
      maxConnectionsPerAddress: limits.connectionsPerAddress,
      tls,
      log,
      onConnection,
      onRefused(peer, reason) {
        log.info('refused', { at: 'connect', by: reason, peer: peer.address })
        return tooMany
      },
    })
}

/** Where hosts found by MX would be ourselves: addresses that we listen at on the port such hosts are reached by. */
function ownAddresses({ listeners, delivery }: Configuration): readonly string[] {
  const machine = Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address))
  return listeners
    .filter(({ port }) => port === delivery.smtpPort)
    .flatMap(({ address }) => (address === '0.0.0.0' || address === '::' ? machine : [address]))
}
