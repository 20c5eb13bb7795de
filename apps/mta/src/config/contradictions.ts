import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseAddress } from '@angarium/dns-client'
import { domainKey, parseMailbox } from '@angarium/smtp-wire'
import { createMailboxes } from '../maildir/mailboxes.ts'
import type { Settings } from './settings.ts'
import { readTlsFiles } from './tls-files.ts'

/** Something that each setting allows and all together do not. */
export interface Contradiction {
  readonly path: (string | number)[]
  readonly message: string
}

/** What must not be started with: mail would be lost, go in circles, or go out for anybody. Paths are absolute. */
export function contradictions(settings: Settings): readonly Contradiction[] {
  return [
    ...relaying(settings),
    ...listening(settings),
    ...routing(settings),
    ...postmaster(settings),
    ...retrying(settings),
    ...certificate(settings),
    ...logging(settings),
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

function* listening({ listeners }: Settings): Generator<Contradiction> {
  for (const [at, { address, port, protocol }] of listeners.entries()) {
    const before = listeners.slice(0, at).filter((other) => other.port === port)
    const other = before.find((one) => takes(one.address, address) || takes(address, one.address))
    if (other !== undefined)
      yield {
        path: ['listeners', at],
        message:
          other.address === address
            ? `${address} port ${port} is listed twice`
            : `${address} port ${port} is taken by the listener on ${other.address}`,
      }
    if (protocol === 'lmtp' && port === 25)
      yield { path: ['listeners', at, 'port'], message: 'LMTP must not be spoken on port 25 (RFC 2033, 5)' }
  }
}

/** Whether a listener on one address takes the other as well. `::` takes IPv4 too. */
function takes(one: string, other: string): boolean {
  const [a, b] = [parseAddress(one), parseAddress(other)]
  if (a === undefined || b === undefined) return false
  if (a.every((octet) => octet === 0)) return a.length >= b.length
  return a.length === b.length && a.every((octet, at) => octet === b[at])
}

function* routing({ hostname, domains, routes, listeners }: Settings): Generator<Contradiction> {
  for (const [domain, { host, port, protocol }] of Object.entries(routes)) {
    if (Object.hasOwn(domains, domain))
      yield {
        path: ['routes', domain],
        message: 'the domain is delivered here (see domains) and cannot be routed as well',
      }
    if (domain === hostname)
      yield { path: ['routes', domain], message: 'this is the host itself; its mail cannot be routed elsewhere' }
    if (protocol === 'lmtp' && port === 25)
      yield { path: ['routes', domain, 'port'], message: 'LMTP must not be spoken on port 25 (RFC 2033, 5)' }
    if (listeners.some((listener) => listener.port === port && isOwn(host, listener.address, hostname)))
      yield {
        path: ['routes', domain],
        message: `${host} port ${port} is one of our own listeners: mail would go in circles`,
      }
  }
}

/** Whether a connection to `host` meets a listener on `address`. */
function isOwn(host: string, address: string, hostname: string): boolean {
  if (host === address || host === hostname) return true
  const loopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return loopback && (address === '0.0.0.0' || address === '::' || host === 'localhost')
}

function* postmaster({ hostname, domains, postmaster: address }: Settings): Generator<Contradiction> {
  const mailbox = address === undefined ? undefined : parseMailbox(address)
  if (mailbox === undefined) return
  const domain = domainKey(mailbox.domain)
  const mailboxes = createMailboxes(new Map(Object.entries(domains)), { address: '', maildir: '' })
  if ((Object.hasOwn(domains, domain) || domain === hostname) && !mailboxes.has(domain, mailbox.localPart))
    yield { path: ['postmaster'], message: `there is no mailbox ${address}` }
}

function* retrying({ retry: { first, max, lifetime } }: Settings): Generator<Contradiction> {
  if (max < first) yield { path: ['retry', 'max'], message: 'must not be shorter than retry.first' }
  if (lifetime < max) yield { path: ['retry', 'lifetime'], message: 'must not be shorter than retry.max' }
}

function* certificate({ tls }: Settings): Generator<Contradiction> {
  if (tls.certificate !== undefined && tls.key === undefined)
    return yield { path: ['tls', 'certificate'], message: 'needs tls.key beside it' }
  if (tls.certificate === undefined && tls.key !== undefined)
    return yield { path: ['tls', 'key'], message: 'needs tls.certificate beside it' }
  const files = readTlsFiles(tls)
  if (files.kind === 'unusable') yield { path: ['tls', files.setting], message: files.because }
}

function* logging({ log: { file } }: Settings): Generator<Contradiction> {
  if (file === undefined) return
  try {
    if (statSync(dirname(file)).isDirectory()) return
  } catch {
    // Said below.
  }
  yield { path: ['log', 'file'], message: `there is no folder ${dirname(file)}` }
}
