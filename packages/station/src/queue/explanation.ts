import type { TlsPolicy, Way, WayHost, WayHosts } from '@angarium/delivery'
import { formatDuration } from '@angarium/host'
import type { Hindrance, Instant } from '@angarium/queue'
import { visible } from '../command/console.ts'
import type { DestinationExplanation, Explanation } from '../explain.ts'
import { attempts, heading, lastReply, standing, until } from './view.ts'

/** Why a message is where it is, in words. */
export function* explained({ entry, destinations }: Explanation, now: Instant): Generator<string> {
  yield* heading(entry, now)
  for (const one of destinations) {
    yield ''
    yield visible(one.destination)
    for (const recipient of entry.recipients) {
      if (recipient.destination !== one.destination) continue
      yield `  ${standing(recipient, now)}`
      yield `    ${attempts(recipient, now)}`
      for (const line of lastReply(recipient)) yield `    ${line}`
    }
    yield* meeting(one, now)
  }
}

function* meeting({ hindrances, way }: DestinationExplanation, now: Instant): Generator<string> {
  for (const hindrance of hindrances) yield `  now:     ${hindranceText(hindrance, now)}`
  if (hindrances.length === 0) yield '  now:     no limit stands in its way'
  if (way !== undefined) yield* wayText(way)
}

/** Why work that is due does not begin. */
export function hindranceText(hindrance: Hindrance, now: Instant): string {
  switch (hindrance.kind) {
    case 'not-running':
      return notRunning[hindrance.state]
    case 'store-failed':
      return `the queue failed; asked again in ${until(hindrance.until, now)}`
    case 'passed-over': {
      const { by, of } = hindrance
      const who = by === 'destination' ? 'the destination' : `its next hop ${visible(of)}`
      return `${who} could not be reached; passed over for ${until(hindrance.until, now)}`
    }
    case 'full': {
      const { by, of = '', active, window } = hindrance
      const where = by === 'all' ? 'in all' : by === 'destination' ? 'to it' : `to its next hop ${visible(of)}`
      return `${active} of ${window} deliveries ${where} are under way`
    }
    case 'rate': {
      const { limit, of } = hindrance
      const whose = limit.by === 'all' ? '' : ` by ${limit.by}${of === undefined ? '' : ` (${visible(of)})`}`
      const span = formatDuration(limit.perMs)
      return `${limit.limit} ${limit.count} in ${span}${whose} is the limit; room in ${until(hindrance.until, now)}`
    }
  }
}

const notRunning = {
  idle: 'delivery is paused by the configuration',
  running: 'nothing',
  draining: 'the server is stopping',
  stopped: 'no server is running',
} as const

function* wayText(way: Way): Generator<string> {
  switch (way.kind) {
    case 'local':
      yield '  way:     into mailboxes here'
      return
    case 'hosts':
      yield `  way:     ${sources[way.by]}`
      for (const host of way.hosts) yield `  host:    ${hostText(host, way)}`
      return
    default:
      yield `  way:     none: ${way.status} ${visible(way.because)}`
  }
}

const sources = {
  route: 'a configured route',
  mx: 'MX records',
  'implicit-mx': 'the domain itself: it has no MX records',
  literal: 'an address literal',
} as const satisfies Record<WayHosts['by'], string>

function hostText({ host, addresses, tls }: WayHost, { port, protocol }: WayHosts): string {
  const where = addresses.map(({ address, idleSessions }) =>
    idleSessions === 0 ? address : `${address} (${idleSessions} open)`,
  )
  const name = addresses.some(({ address }) => address === host) ? '' : `${visible(host)} `
  return `${name}${where.join(', ')} port ${port}${protocol === 'lmtp' ? ' by LMTP' : ''}, ${tlsText(tls)} (${tlsSources[tls.source]})`
}

/** Who decides that. */
const tlsSources = {
  default: 'default',
  route: 'the route',
  requiretls: 'the sender',
} as const satisfies Record<TlsPolicy['source'], string>

function tlsText(tls: TlsPolicy): string {
  switch (tls.kind) {
    case 'none':
      return 'no TLS'
    case 'opportunistic':
      return 'TLS if offered'
    case 'encrypt':
      return 'TLS or nothing'
    case 'verify':
      return `TLS with a certificate for ${visible(tls.name)}`
  }
}
