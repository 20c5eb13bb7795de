import { createNodeResolver } from '@angarium/dns-client/node'
import type { HostLog, Service } from '@angarium/host'
import { createDialer, createTlsContext, listen, nodeClock, nodeRandom } from '@angarium/smtp-node'
import { bringUp, contributionsOf, ownAddresses } from '@angarium/station'
import { readTlsFiles } from '@angarium/station/configuration'
import { queueFolder } from '@angarium/station/queue'
import manifest from '../../package.json' with { type: 'json' }
import type { Configuration } from '../config/schema.ts'
import { decoySecret } from '../login/decoy-secret.ts'
import { createPasswordChecker } from '../login/password-checker.ts'
import { createUserDirectory } from '../login/user-directory.ts'
import { createStore } from './store.ts'
import { createSubmission } from './submission.ts'

/**
 * Brings up a submission server on this machine: its sockets, clock, name servers and disks, and the administration
 * socket.
 *
 * @throws what the store, a listener or the administration socket says; then nothing is left open.
 */
export async function production(config: Configuration, log: HostLog): Promise<Service> {
  const files = readTlsFiles(config.tls, createTlsContext)
  if (files.kind === 'unusable') throw new Error(`tls.${files.setting} ${files.because}`)
  const tls = files.context
  const store = createStore(queueFolder(config), log)
  const resolver = await createNodeResolver({ ...(config.dns.servers && { servers: config.dns.servers }) })
  const passwords = createPasswordChecker(log)
  const submission = createSubmission({
    config,
    users: createUserDirectory(config.users, log),
    passwords,
    decoySecret: decoySecret(config.data, nodeRandom),
    contributions: await contributionsOf(config, { hostname: config.hostname, store, clock: nodeClock, log }),
    clock: nodeClock,
    random: nodeRandom,
    log,
    store,
    resolver,
    dialer: createDialer({ tls }),
    listen: (listener, onConnection) => listen({ ...listener, tls, onConnection }),
    ownAddresses: ownAddresses(config),
    offersTls: tls.hasCertificate,
  })
  return bringUp({
    station: submission,
    config,
    store,
    version: manifest.version,
    log,
    async release() {
      resolver.close()
      await passwords.close()
    },
  })
}
