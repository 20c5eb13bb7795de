import { type Contribution, createEtrn } from '@angarium/reception'
import { createStation, type Machine, type Station } from '@angarium/station'
import type { Configuration } from '../config/schema.ts'
import type { MaildirFiles } from '../maildir/files.ts'
import { createMaildir } from '../maildir/maildir.ts'
import { createAddresses } from './addresses.ts'
import { extensionsOf } from './extensions.ts'
import { createTlsPolicy } from './tls-policy.ts'

/** What an MTA is made of. Nothing else reaches it from outside. */
export interface Parts extends Machine {
  readonly config: Configuration
  /** Numeric addresses of this host: mail to them as literals is mail to it. */
  readonly addresses: readonly string[]
  /** For Maildirs. */
  readonly files: MaildirFiles
  /** What modules from elsewhere add. */
  readonly contributions?: readonly Contribution[]
  /** Told the file of each message delivered here. */
  readonly onDelivered?: (path: string, address: string) => void
}

/** A whole mail transfer agent: mail for mailboxes here from everybody, to elsewhere from friends. */
export function createMta(parts: Parts): Station {
  const { config, clock, random, log, store, files, contributions = [] } = parts
  const addresses = createAddresses(config, parts.addresses)
  const { ownedSince } = addresses.mailboxes
  return createStation({
    settings: config,
    machine: parts,
    extensions: extensionsOf(config, contributions),
    recipients: addresses.recipients,
    destinationOf: addresses.destinationOf,
    mailboxes: {
      ...createMaildir({
        files,
        clock,
        random,
        hostname: config.hostname,
        folder: addresses.mailboxes.folder,
        delivered: (path, { address }) => parts.onDelivered?.(path, address),
      }),
      ...(ownedSince && { ownedSince: async (address: string) => ownedSince(address) }),
    },
    stages: [createTlsPolicy(config.requireTls)],
    verbs: { ETRN: createEtrn({ store, destinationOf: addresses.etrn, log }) },
    directory: addresses.directory,
    priority: (requested, session) =>
      session.identity === undefined && !addresses.isFriend(session.peer.address) ? Math.min(requested, 0) : requested,
    contributions,
  })
}
