import { type Contribution, createRelayPolicy } from '@angarium/reception'
import {
  createSaslServer,
  loginServer,
  plainServer,
  type Secret,
  type ServerMechanism,
  scramServers,
} from '@angarium/sasl'
import { createStation, destinationOfAddress, type Machine, type Station } from '@angarium/station'
import type { Configuration } from '../config/schema.ts'
import { createAuthentication } from '../login/authentication.ts'
import type { PasswordChecker } from '../login/password-checker.ts'
import { createThrottle } from '../login/throttle.ts'
import type { UserDirectory } from '../login/user-directory.ts'
import { extensionsOf } from './extensions.ts'
import { createSenderPolicy } from './sender-policy.ts'

/** What a submission server is made of. Nothing else reaches it from outside. */
export interface Parts extends Machine {
  readonly config: Configuration
  readonly users: UserDirectory
  readonly passwords: PasswordChecker
  /** At least 16 characters, secret and lasting. */
  readonly decoySecret: Secret
  /** What modules from elsewhere add. */
  readonly contributions?: readonly Contribution[]
}

/** A whole submission server: mail from users to anywhere, from others nothing. */
export function createSubmission(parts: Parts): Station {
  const { config, clock, log, users, passwords, contributions = [] } = parts
  const sasl = createSaslServer(mechanismsOf(config, parts.decoySecret))
  const throttle = createThrottle(clock, config.logins)
  return createStation({
    settings: config,
    machine: parts,
    extensions: extensionsOf(config, contributions, clock, sasl),
    recipients: createRelayPolicy({
      hostname: config.hostname,
      localDomains: new Map(),
      postmaster: { address: config.postmaster, destination: destinationOfAddress(config.postmaster) },
      relayFor: ({ identity }) => identity !== undefined,
    }),
    destinationOf: destinationOfAddress,
    stages: [createSenderPolicy(users, config.domains)],
    verbs: { AUTH: createAuthentication({ sasl, users, passwords, throttle, clock, log }) },
    // Mail programs send what their machine calls a line; to others it goes as lines. RFC 5321 has nothing to say there.
    bareLineEnds: 'repair',
    contributions,
  })
}

function mechanismsOf({ mechanisms }: Configuration, decoySecret: Secret): readonly ServerMechanism[] {
  const [, scram] = scramServers('SHA-256', { decoySecret })
  const all = [...(scram === undefined ? [] : [scram]), plainServer(), loginServer()]
  return all.filter(({ name }) => (mechanisms as readonly string[]).includes(name))
}
