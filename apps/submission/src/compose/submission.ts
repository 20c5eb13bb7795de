import { auth, futureRelease } from '@angarium/esmtp-extensions'
import { type Contribution, createRelayPolicy } from '@angarium/reception'
import {
  createSaslServer,
  loginServer,
  plainServer,
  type Secret,
  type ServerMechanism,
  scramServers,
} from '@angarium/sasl'
import type { SessionContext } from '@angarium/smtp-wire'
import { createStation, destinationOfAddress, extensionsOf, type Machine, type Station } from '@angarium/station'
import type { Configuration } from '../config/schema.ts'
import { createAuthentication } from '../login/authentication.ts'
import type { PasswordChecker } from '../login/password-checker.ts'
import { createThrottle } from '../login/throttle.ts'
import type { UserDirectory } from '../login/user-directory.ts'
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
  const { hold } = config.extensions
  const allows = ({ identity }: SessionContext): boolean => identity !== undefined
  return createStation({
    settings: config,
    machine: parts,
    extensions: extensionsOf({
      settings: config.extensions,
      own: [
        auth(({ tls }) => (tls === 'active' ? sasl.offer({ encrypted: true }) : [])),
        ...(hold > 0 ? [futureRelease({ maximum: Math.floor(hold / 1000), now: () => clock.now(), allows })] : []),
      ],
      contributions,
    }),
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
