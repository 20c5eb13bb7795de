import { formatAddress, parseAddress } from '@angarium/dns-client'
import type { DestinationKey } from '@angarium/queue'
import {
  type Domain,
  domainKey,
  formatMailbox,
  type Mailbox,
  parseAddressLiteral,
  parseDomain,
  type Refusal,
  reply,
} from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import { misuse } from '../error.ts'
import type { SessionFacts } from '../session/facts.ts'
import { chain } from './ask.ts'
import type { RecipientDecision, RecipientPolicy } from './recipients.ts'

/** A domain whose mail is delivered here. */
export interface LocalDomain {
  readonly destination: DestinationKey
  /** Whether there is such a mailbox. The local-part comes as the peer spelled it, without quoting. */
  hasMailbox(localPart: string): Soon<boolean>
}

/** What {@link createRelayPolicy} is made of. */
export interface RelayPolicyOptions {
  /** This host. Mail to it, or to the address the peer connected to as `[192.0.2.1]`, is mail to this local domain. */
  readonly hostname: string
  /** Other addresses of this host, numeric: mail to them as literals is mail to it too. */
  readonly addresses?: readonly string[]
  /** By domain, in any case. */
  readonly localDomains: ReadonlyMap<string, LocalDomain>
  /** Who reads mail to Postmaster where that is no mailbox of its own. */
  readonly postmaster: { readonly address: string; readonly destination: DestinationKey }
  /** Whose mail goes anywhere. Default: nobody's. */
  readonly relayFor?: (session: SessionFacts) => boolean
  /** Where mail for a domain goes that is not local; lower case, or an address literal. Default: the domain itself. */
  readonly route?: (domain: string) => DestinationKey
}

/**
 * The policy of a mail exchanger: mail to local mailboxes from everybody, mail to elsewhere from friends.
 *
 * Postmaster is always accepted, alone and at each local domain. From strangers, a local-part that itself looks like an
 * address (`user%there@here`, `there!user@here`, `"user@there"@here`) is refused, whatever the mailboxes: some other
 * program behind this one may still understand it.
 *
 * @throws ReceptionError RECEPTION_MISUSE for names that are no domains, and addresses that are none
 * @rfc 5321 3.6
 * @rfc 5321 4.5.1
 * @rfc 5321 7.9
 */
export function createRelayPolicy(options: RelayPolicyOptions): RecipientPolicy {
  const { postmaster, relayFor = () => false, route = (domain) => domain } = options
  const host = domainOf('hostname', options.hostname)
  const own = new Set((options.addresses ?? []).map((address) => canonical(address) ?? misused(address)))
  const localDomains = new Map<string, LocalDomain>()
  for (const [name, local] of options.localDomains) localDomains.set(domainKey(domainOf('local domain', name)), local)
  const accept = (mailbox: Mailbox, destination: DestinationKey): RecipientDecision => ({
    kind: 'accept',
    address: formatMailbox(mailbox),
    destination,
  })
  const toPostmaster: RecipientDecision = { kind: 'accept', ...postmaster }

  const here = (mailbox: Mailbox, domain: string): Soon<RecipientDecision> => {
    const local = localDomains.get(domain)
    return chain(local?.hasMailbox(mailbox.localPart) ?? false, (known) => {
      if (known && local !== undefined) return accept(mailbox, local.destination)
      return isPostmaster(mailbox.localPart) ? toPostmaster : unknownMailbox
    })
  }

  return {
    rcpt({ forwardPath }, { session }) {
      if (forwardPath.kind === 'postmaster') return toPostmaster
      const mailbox = withoutOwnLiteral(
        forwardPath,
        host,
        (address) => own.has(address) || address === canonical(session.peer.localAddress),
      )
      const domain = domainKey(mailbox.domain)
      const friend = relayFor(session)
      if (domain === domainKey(host) || localDomains.has(domain))
        return friend || !looksLikeAddress(mailbox.localPart) ? here(mailbox, domain) : relayingDenied
      return friend ? accept(mailbox, route(domain)) : relayingDenied
    },
  }
}

/** Tells mail to `[192.0.2.1]` by the name of the host that has this address. @rfc 5321 4.1.3 */
function withoutOwnLiteral(mailbox: Mailbox, host: Domain, isOwn: (address: string) => boolean): Mailbox {
  if (!mailbox.domain.startsWith('[')) return mailbox
  const literal = parseAddressLiteral(mailbox.domain)
  if (literal === undefined || literal.kind === 'general') return mailbox
  const address = canonical(literal.address)
  return address !== undefined && isOwn(address) ? { ...mailbox, domain: host } : mailbox
}

/** One spelling of an address. */
function canonical(text: string): string | undefined {
  const address = parseAddress(text)
  return address && formatAddress(address)
}

function misused(address: string): never {
  throw misuse('address', address)
}

function domainOf(what: string, name: string): Domain {
  const domain = parseDomain(name)
  if (domain === undefined) throw misuse(what, name)
  return domain
}

/** "A case-insensitive local name". @rfc 5321 4.5.1 */
const isPostmaster = (localPart: string): boolean => /^postmaster$/i.test(localPart)

const looksLikeAddress = (localPart: string): boolean => /[@%!]/.test(localPart)

const relayingDenied: RecipientDecision = refuse(reply(550, '7.1', 'Relaying denied'))
const unknownMailbox: RecipientDecision = refuse(reply(550, '1.1', 'No such mailbox'))

function refuse(refusal: Refusal): RecipientDecision {
  return { kind: 'refuse', reply: refusal }
}
