import { localPrefix } from '@angarium/delivery'
import type { EtrnRequest } from '@angarium/esmtp-extensions'
import type { DestinationKey } from '@angarium/queue'
import {
  createAddressMatcher,
  createRelayPolicy,
  type Directory,
  type LocalDomain,
  type RecipientPolicy,
} from '@angarium/reception'
import {
  domainKey,
  formatMailbox,
  type LookupEvent,
  parseMailbox,
  type Refusal,
  type Reply,
  reply,
} from '@angarium/smtp-wire'
import { destinationOfAddress } from '@angarium/station'
import type { Configuration } from '../config/schema.ts'
import { createMailboxes, type Mailboxes } from '../maildir/mailboxes.ts'

/** What the configuration says about addresses: whose mail is taken, and where it goes. */
export interface Addresses {
  readonly recipients: RecipientPolicy
  readonly mailboxes: Mailboxes
  readonly directory: Directory
  /** Addresses of clients that may send anywhere. */
  isFriend(address: string): boolean
  /** The destination ETRN may start, if any. */
  etrn(request: EtrnRequest): DestinationKey | undefined
  /** The queue's destination for an address. */
  destinationOf(address: string): DestinationKey
}

/** Reads the configuration's domains; `addresses` are those of this host, numeric. */
export function createAddresses(config: Configuration, addresses: readonly string[]): Addresses {
  const { hostname } = config
  const domains = new Map(Object.entries(config.domains))
  const postmaster = config.postmaster ?? `postmaster@${hostname}`
  const mailboxes = createMailboxes(domains, { address: postmaster, maildir: config.postmasterMaildir })
  const isLocal = (domain: string): boolean => domain === hostname || domains.has(domain)

  const destinationOf = (address: string): DestinationKey => {
    const domain = destinationOfAddress(address)
    return isLocal(domain) ? `${localPrefix}${domain}` : domain
  }
  const localDomains = new Map<string, LocalDomain>()
  for (const domain of domains.keys())
    localDomains.set(domain, {
      destination: `${localPrefix}${domain}`,
      hasMailbox: (localPart) => mailboxes.has(domain, localPart),
    })
  const isFriend = createAddressMatcher(config.relayFor)
  const servedByEtrn = new Set(config.extensions.etrn)
  return {
    recipients: createRelayPolicy({
      hostname,
      addresses,
      localDomains,
      postmaster: { address: postmaster, destination: destinationOf(postmaster) },
      relayFor: ({ peer }) => isFriend(peer.address),
    }),
    mailboxes,
    directory: config.extensions.verify ? { verify: (lookup) => verify(lookup, config, postmaster, mailboxes) } : {},
    isFriend,
    etrn: ({ kind, name }) =>
      kind === 'node' && servedByEtrn.has(name.toLowerCase()) ? name.toLowerCase() : undefined,
    destinationOf,
  }
}

/**
 * A name without a domain is looked for in all; where several have it, that is said. Postmaster is there as in RCPT, and
 * of what is elsewhere nothing is known.
 *
 * @rfc 5321 3.5.1
 * @rfc 5321 3.5.3
 */
function verify(
  { argument }: LookupEvent,
  { hostname, domains }: Configuration,
  postmaster: string,
  mailboxes: Mailboxes,
): Reply<250 | 252> | Refusal {
  const whole = parseMailbox(argument)
  const candidates =
    whole === undefined ? Object.keys(domains).map((domain) => parseMailbox(`${argument}@${domain}`)) : [whole]
  const found = candidates.filter((one) => one !== undefined && mailboxes.has(domainKey(one.domain), one.localPart))
  const [only] = found
  const domain = whole && domainKey(whole.domain)
  if (domain !== undefined && domain !== hostname && !Object.hasOwn(domains, domain))
    return reply(252, '5.0', 'Not looked for; mail to it may be tried')
  if (found.length !== 1 && /^postmaster$/i.test(whole?.localPart ?? argument))
    return reply(250, '1.5', `<${postmaster}>`)
  if (only === undefined) return reply(550, '1.1', 'No such mailbox here')
  if (found.length > 1) return reply(553, '1.4', 'There are several; give the domain too')
  return reply(250, '1.5', `<${formatMailbox(only)}>`)
}
