import {
  type AssumedPeer,
  asciiUpper,
  defineExtension,
  type Extension,
  isIpv4,
  isIpv6,
  type Offer,
  readDigits,
  reply,
  type SessionContext,
  type VerbEffect,
} from '@angarium/smtp-wire'
import { formatAttributes, readAttributes } from './grammar/attributes.ts'

/**
 * XCLIENT of Postfix: a proxy that is trusted says for which client it speaks, and the session begins anew as that
 * client's. Not registered with IANA; a keyword in X by agreement of both sides.
 *
 * ```abnf
 * xclient-cmd    = "XCLIENT" 1*( SP attribute-name "=" xtext ) CRLF
 * attribute-name = "NAME" / "ADDR" / "PORT" / "PROTO" / "HELO" / "LOGIN" / "DESTADDR" / "DESTPORT"
 * ```
 * Names, `[UNAVAILABLE]`, `[TEMPUNAVAIL]` and `IPV6:` in any case. Unknown attributes, values of another form and
 * attributes given twice are 501. The reply is the new greeting: 220, or what the owner says to that client.
 *
 * Offered, and obeyed, only where `trusts` says so. The session's `peer` is then the client spoken for, or unknown: a
 * second XCLIENT is obeyed only if that address is trusted too, so no client of a proxy gains anything by the verb.
 *
 * @param trusts whether the client of this session may speak for others
 * @rfc 5321 2.2.2
 */
export function xclient(
  trusts: (context: SessionContext) => boolean,
): Extension<Record<never, never>, Record<never, never>> {
  return defineExtension({
    name: 'xclient',
    rfc: 5321,
    keyword: 'XCLIENT',
    ehlo: (context) => (trusts(context) ? Object.keys(grammar) : undefined),
    verbs: {
      XCLIENT: {
        phases: ['fresh', 'ready'],
        barrier: true,
        syntax: 'XCLIENT <name>=<value> ...',
        run(argument, context): VerbEffect {
          if (!trusts(context)) return { kind: 'reply', reply: reply(550, '7.0', 'Not allowed to speak for others') }
          const peer = readXclient(argument)
          if (peer === undefined) return { kind: 'reply', reply: reply(501, '5.4', 'Attributes not recognized') }
          return { kind: 'assume', peer }
        },
      },
    },
  })
}

/** Reads the argument of XCLIENT; `undefined` for one that is none. */
export function readXclient(argument: string): AssumedPeer | undefined {
  const read = readAttributes(argument, grammar)
  if (read === undefined) return undefined
  const peer: { -readonly [K in keyof AssumedPeer]: AssumedPeer[K] } = {}
  for (const [name, value] of read) {
    if (value === undefined) {
      if (name === 'ADDR') peer.address = null
      continue
    }
    switch (name) {
      case 'ADDR':
      case 'DESTADDR': {
        const address = readAddress(value)
        if (address === undefined) return undefined
        peer[name === 'ADDR' ? 'address' : 'localAddress'] = address
        break
      }
      case 'PORT':
      case 'DESTPORT': {
        const port = readDigits(value, 5)
        if (port === undefined || port > 65_535) return undefined
        peer[name === 'PORT' ? 'port' : 'localPort'] = port
        break
      }
      case 'PROTO':
        peer.protocol = asciiUpper(value) === 'SMTP' ? 'SMTP' : 'ESMTP'
        break
      case 'NAME':
        peer.name = value
        break
      case 'HELO':
        peer.hello = value
        break
      case 'LOGIN':
        peer.identity = value
        break
    }
  }
  return peer
}

/**
 * The client's half: arguments of the XCLIENT commands that say this, one after the other, each answered by a greeting;
 * then the hello is said. What is not known is said to be unknown; what the server does not offer is left out.
 *
 * @throws WireError UNSAFE_TEXT, when sent, for a value that breaks its line
 */
export function formatXclient(peer: AssumedPeer, offer: Offer): readonly string[] {
  const all: readonly (readonly [string, string | undefined])[] = [
    ['NAME', peer.name],
    ['ADDR', formatAddress(peer.address ?? undefined)],
    ['PORT', peer.port?.toString()],
    ['PROTO', peer.protocol],
    ['HELO', peer.hello],
    ['LOGIN', peer.identity],
    ['DESTADDR', formatAddress(peer.localAddress)],
    ['DESTPORT', peer.localPort?.toString()],
  ]
  const offered = new Set(offer.map(asciiUpper))
  // No word says that the protocol is unknown.
  return formatAttributes(
    'XCLIENT',
    new Map(all.filter(([name, value]) => offered.has(name) && (name !== 'PROTO' || value !== undefined))),
  )
}

const formatAddress = (address: string | undefined): string | undefined =>
  address?.includes(':') === true ? `IPV6:${address}` : address

function readAddress(text: string): string | undefined {
  if (isIpv4(text)) return text
  const address = asciiUpper(text.slice(0, 5)) === 'IPV6:' ? text.slice(5) : ''
  return isIpv6(address) ? address : undefined
}

/** Names are such as cannot break out of a Received field. */
const grammar = {
  NAME: /^[A-Za-z0-9_.:[\]+~*-]+$/,
  ADDR: /^[A-Za-z0-9.:]+$/,
  PORT: /^[0-9]{1,5}$/,
  PROTO: /^E?SMTP$/i,
  HELO: /^[A-Za-z0-9_.:[\]+~*-]+$/,
  LOGIN: /^[!-~]+$/,
  DESTADDR: /^[A-Za-z0-9.:]+$/,
  DESTPORT: /^[0-9]{1,5}$/,
} as const
