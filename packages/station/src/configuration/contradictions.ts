import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseAddress } from '@angarium/dns-client'
import type { StationSettings } from './settings.ts'
import { type CreateTlsContext, readTlsFiles } from './tls-files.ts'

/** Something that each setting allows and all together do not. */
export interface Contradiction {
  readonly path: (string | number)[]
  readonly message: string
}

/** What no server must be started with: mail would be lost or go in circles. Paths are absolute. */
export function contradictions(
  settings: StationSettings,
  createTlsContext: CreateTlsContext<unknown>,
): readonly Contradiction[] {
  return [
    ...sharing(settings),
    ...listening(settings),
    ...routing(settings),
    ...retrying(settings),
    ...limiting(settings),
    ...certificate(settings, createTlsContext),
    ...logging(settings),
  ]
}

/** LMTP is not for the port of SMTP. @rfc 2033 5 */
export const lmtpOnSmtpPort = 'LMTP must not be spoken on port 25 (RFC 2033, 5)'

function* sharing({ queue: { share, owner }, data, listeners }: StationSettings): Generator<Contradiction> {
  if (owner !== undefined && share)
    yield { path: ['queue', 'share'], message: 'the queue belongs to queue.owner, which shares it' }
  if (owner === data) yield { path: ['queue', 'owner'], message: 'is the folder of this server; see queue.share' }
  if (listeners.length === 0 && owner === undefined && !share)
    yield { path: ['listeners'], message: 'without one no mail comes in, unless the queue is shared' }
}

function* listening({ listeners, tls }: StationSettings): Generator<Contradiction> {
  for (const [at, { address, port, tls: how }] of listeners.entries()) {
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
    if (how === 'implicit' && tls.certificate === undefined)
      yield { path: ['listeners', at, 'tls'], message: 'needs tls.certificate' }
  }
}

/** Whether a listener on one address takes the other as well. `::` takes IPv4 too. */
function takes(one: string, other: string): boolean {
  const [a, b] = [parseAddress(one), parseAddress(other)]
  if (a === undefined || b === undefined) return false
  if (a.every((octet) => octet === 0)) return a.length >= b.length
  return a.length === b.length && a.every((octet, at) => octet === b[at])
}

function* routing({ hostname, routes, listeners }: StationSettings): Generator<Contradiction> {
  for (const [domain, { host, port, protocol }] of Object.entries(routes)) {
    if (protocol === 'lmtp' && port === 25) yield { path: ['routes', domain, 'port'], message: lmtpOnSmtpPort }
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

function* retrying({ retry, delivery }: StationSettings): Generator<Contradiction> {
  yield* waits(retry, ['retry'])
  for (const [key, { retry: own }] of Object.entries(delivery.destinations)) {
    const { first = retry.first, max = retry.max, lifetime = retry.lifetime } = own
    yield* waits({ first, max, lifetime }, ['delivery', 'destinations', key, 'retry'])
  }
}

function* waits(
  { first, max, lifetime }: Pick<StationSettings['retry'], 'first' | 'max' | 'lifetime'>,
  path: readonly string[],
): Generator<Contradiction> {
  if (max < first) yield { path: [...path, 'max'], message: 'must not be shorter than retry.first' }
  if (lifetime < max) yield { path: [...path, 'lifetime'], message: 'must not be shorter than retry.max' }
}

/** A limit that another one never lets be reached is a mistake about one of the two. */
function* limiting({ delivery }: StationSettings): Generator<Contradiction> {
  const { concurrency, perDestination, perNextHop = perDestination, destinations, rates } = delivery
  if (perDestination > perNextHop)
    yield { path: ['delivery', 'perNextHop'], message: 'must not be less than delivery.perDestination' }
  for (const [key, { concurrency: own = 1 }] of Object.entries(destinations)) {
    const path = ['delivery', 'destinations', key, 'concurrency']
    if (own > concurrency) yield { path, message: 'must not be more than delivery.concurrency' }
    else if (own > perNextHop)
      yield { path, message: `must not be more than delivery.perNextHop, which is ${perNextHop}` }
  }
  const seen = new Set<string>()
  for (const [at, { by, of, count, per }] of rates.entries()) {
    const path = ['delivery', 'rates', at]
    if (of !== undefined && by === 'all') yield { path: [...path, 'of'], message: 'cannot be where by is all' }
    if (of !== undefined && by === 'source' && parseAddress(of) === undefined)
      yield { path: [...path, 'of'], message: 'expected a numeric address, as by is source' }
    const what = JSON.stringify([by, of, count, per])
    if (seen.has(what)) yield { path, message: 'there is such a limit already' }
    seen.add(what)
  }
}

function* certificate({ tls }: StationSettings, createTlsContext: CreateTlsContext<unknown>): Generator<Contradiction> {
  if (tls.certificate !== undefined && tls.key === undefined)
    return yield { path: ['tls', 'certificate'], message: 'needs tls.key beside it' }
  if (tls.certificate === undefined && tls.key !== undefined)
    return yield { path: ['tls', 'key'], message: 'needs tls.certificate beside it' }
  const files = readTlsFiles(tls, createTlsContext)
  if (files.kind === 'unusable') yield { path: ['tls', files.setting], message: files.because }
}

function* logging({ log: { file } }: StationSettings): Generator<Contradiction> {
  if (file === undefined) return
  try {
    if (statSync(dirname(file)).isDirectory()) return
  } catch {
    // Said below.
  }
  yield { path: ['log', 'file'], message: `there is no folder ${dirname(file)}` }
}
