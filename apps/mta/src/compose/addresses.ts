import { localPrefix, type Route } from '@angarium/delivery'
import type { DestinationKey } from '@angarium/queue'
import { createAddressMatcher, createRelayPolicy, type LocalDomain, type RecipientPolicy } from '@angarium/reception'
import { domainKey, parseMailbox } from '@angarium/smtp-wire'
import type { Configuration } from '../config/schema.ts'
import { createMailboxes, type Mailboxes } from '../maildir/mailboxes.ts'

/** What the configuration says about addresses: whose mail is taken, and where it goes. */
export interface Addresses {
  readonly recipients: RecipientPolicy
  readonly mailboxes: Mailboxes
  /** The queue's destination for an address. */
  destinationOf(address: string): DestinationKey
  /** The configured next hop of a destination. */
  route(destination: DestinationKey): Route | undefined
}

/**
 * Reads the configuration's domains and routes. Remote mail is queued by its domain, also where a route for all others
 * takes it: so a route that comes or goes applies to what is in the queue already.
 */
export function createAddresses(config: Configuration): Addresses {
  const { hostname } = config
  const domains = new Map(Object.entries(config.domains))
  const routes = new Map(Object.entries(config.routes))
  const postmaster = config.postmaster ?? `postmaster@${hostname}`
  const mailboxes = createMailboxes(domains, { address: postmaster, maildir: config.postmasterMaildir })
  const isLocal = (domain: string): boolean => domain === hostname || domains.has(domain)

  const destinationOf = (address: string): DestinationKey => {
    const mailbox = parseMailbox(address)
    if (mailbox === undefined) throw new TypeError(`${address} is no mailbox`)
    const domain = domainKey(mailbox.domain)
    return isLocal(domain) ? `${localPrefix}${domain}` : domain
  }
  const localDomains = new Map<string, LocalDomain>()
  for (const domain of domains.keys())
    localDomains.set(domain, {
      destination: `${localPrefix}${domain}`,
      hasMailbox: (localPart) => mailboxes.has(domain, localPart),
    })
  const isFriend = createAddressMatcher(config.relayFor)
  return {
    recipients: createRelayPolicy({
      hostname,
      localDomains,
      postmaster: { address: postmaster, destination: destinationOf(postmaster) },
      relayFor: ({ peer }) => isFriend(peer.address),
    }),
    mailboxes,
    destinationOf,
    route: (destination) => routes.get(destination) ?? routes.get('*'),
  }
}
