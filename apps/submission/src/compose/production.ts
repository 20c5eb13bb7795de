import type { HostLog, Service } from '@angarium/host'
import { nodeRandom } from '@angarium/smtp-node'
import { bringUp } from '@angarium/station'
import manifest from '../../package.json' with { type: 'json' }
import type { Configuration } from '../config/schema.ts'
import { decoySecret } from '../login/decoy-secret.ts'
import { createPasswordChecker } from '../login/password-checker.ts'
import { createUserDirectory } from '../login/user-directory.ts'
import { drivers } from './drivers.ts'
import { createSubmission } from './submission.ts'

/**
 * Brings up a submission server on this machine: its sockets, clock, name servers and disks, and the administration
 * socket.
 *
 * @throws what the store, a listener or the administration socket says; then nothing is left open.
 */
export async function production(config: Configuration, log: HostLog): Promise<Service> {
  const passwords = createPasswordChecker(log)
  return bringUp({
    config,
    drivers,
    version: manifest.version,
    log,
    create: (machine, contributions) =>
      createSubmission({
        ...machine,
        config,
        users: createUserDirectory(config.users, log),
        passwords,
        decoySecret: decoySecret(config.data, nodeRandom),
        contributions,
      }),
    release: () => passwords.close(),
  })
}
