import { parseAddress } from '@angarium/dns-client'
import { createTlsContext } from '@angarium/smtp-node'
import { domainKey, parseMailbox } from '@angarium/smtp-wire'
import {
  type Contradiction,
  lmtpOnSmtpPort,
  contradictions as stationContradictions,
} from '@angarium/station/configuration'
import { createMailboxes } from '../maildir/mailboxes.ts'
import type { Settings } from './settings.ts'

/** What must not be started with: mail would be lost, go in circles, or go out for anybody. Paths are absolute. */
export function contradictions(settings: Settings): readonly Contradiction[] {
  return [
    ...relaying(settings),
    ...listening(settings),
    ...encryption(settings),
    ...routing(settings),
    ...postmaster(settings),
    ...stationContradictions(settings, createTlsContext),
  ]
}

function* relaying({ relayFor, openRelay }: Settings): Generator<Contradiction> {
  for (const [at, range] of relayFor.entries())
    if (!openRelay && isWorld(range))
      yield {
        path: ['relayFor', at],
        message: `${range} is open to strangers: anybody could send through this host. If you are sure, set openRelay: true`,
      }
}

/** No private network is as wide as that. */
function isWorld(range: string): boolean {
  const [address = '', bits] = range.split('/')
  const narrowest = parseAddress(address)?.length === 4 ? 8 : 7
  return bits !== undefined && Number(bits) < narrowest
}

/** Extensions that LMTP cannot do without. @rfc 2033 5 */
const lmtpNeeds = ['PIPELINING', 'ENHANCEDSTATUSCODES'] as const

function* listening({ listeners, extensions: { without } }: Settings): Generator<Contradiction> {
  for (const [at, { port, protocol }] of listeners.entries())
    if (protocol === 'lmtp' && port === 25) yield { path: ['listeners', at, 'port'], message: lmtpOnSmtpPort }
  if (listeners.some(({ protocol }) => protocol === 'lmtp'))
    for (const keyword of lmtpNeeds)
      if (without.includes(keyword))
        yield {
          path: ['extensions', 'without', without.indexOf(keyword)],
          message: `LMTP must have ${keyword} (RFC 2033, 5), and there is a listener for it`,
        }
}

function* encryption({ requireTls, listeners, tls, extensions }: Settings): Generator<Contradiction> {
  if (requireTls.length === 0 || listeners.every((one) => one.tls === 'implicit')) return
  if (tls.certificate === undefined || extensions.without.includes('STARTTLS'))
    yield { path: ['requireTls'], message: 'needs tls.certificate and STARTTLS: mail could never come' }
}

function* routing({ hostname, domains, routes }: Settings): Generator<Contradiction> {
  for (const domain of Object.keys(routes)) {
    if (Object.hasOwn(domains, domain))
      yield {
        path: ['routes', domain],
        message: 'the domain is delivered here (see domains) and cannot be routed as well',
      }
    if (domain === hostname)
      yield { path: ['routes', domain], message: 'this is the host itself; its mail cannot be routed elsewhere' }
  }
}

function* postmaster({ hostname, domains, postmaster: address }: Settings): Generator<Contradiction> {
  const mailbox = address === undefined ? undefined : parseMailbox(address)
  if (mailbox === undefined) return
  const domain = domainKey(mailbox.domain)
  const mailboxes = createMailboxes(new Map(Object.entries(domains)), { address: '', maildir: '' })
  if ((Object.hasOwn(domains, domain) || domain === hostname) && !mailboxes.has(domain, mailbox.localPart))
    yield { path: ['postmaster'], message: `there is no mailbox ${address}` }
}
