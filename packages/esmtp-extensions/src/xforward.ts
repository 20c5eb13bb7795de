import {
  asciiUpper,
  defineExtension,
  type Extension,
  type Offer,
  reply,
  type SessionContext,
  type VerbEffect,
} from '@angarium/smtp-wire'
import { type Attributes, formatAttributes, readAttributes } from './grammar/attributes.ts'

/** What a content filter's server may be told of where a message came from. */
export type ForwardedAttribute = 'NAME' | 'ADDR' | 'PORT' | 'PROTO' | 'HELO' | 'IDENT' | 'SOURCE'

/** Attributes that were told; `undefined` for one that is said to be unknown. */
export type Forwarded = Attributes<ForwardedAttribute>

/**
 * XFORWARD of Postfix: what is to be logged of the next message's origin, where it comes through a content filter. Unlike
 * XCLIENT it grants nothing and changes no session. Not registered with IANA; a keyword in X by agreement of both sides.
 *
 * ```abnf
 * xforward-cmd   = "XFORWARD" 1*( SP attribute-name "=" xtext ) CRLF
 * attribute-name = "NAME" / "ADDR" / "PORT" / "PROTO" / "HELO" / "IDENT" / "SOURCE"
 * ```
 * Offered only where `trusts` says so, and not legal in a transaction. The session asks its owner by a `verb` event;
 * {@link readXforward} reads its argument. The owner keeps the attributes, later ones over earlier ones, until the next
 * transaction ends, logs them with it, mixes them with nothing of this session, and answers 250.
 *
 * @param trusts whether the client of this session is believed
 * @rfc 5321 2.2.2
 */
export function xforward(
  trusts: (context: SessionContext) => boolean,
): Extension<Record<never, never>, Record<never, never>> {
  return defineExtension({
    name: 'xforward',
    rfc: 5321,
    keyword: 'XFORWARD',
    ehlo: (context) => (trusts(context) ? Object.keys(grammar) : undefined),
    verbs: {
      XFORWARD: {
        phases: ['ready'],
        barrier: false,
        syntax: 'XFORWARD <name>=<value> ...',
        run(argument, context): VerbEffect {
          if (!trusts(context)) return { kind: 'reply', reply: reply(550, '7.0', 'Not allowed to speak for others') }
          if (readXforward(argument) === undefined)
            return { kind: 'reply', reply: reply(501, '5.4', 'Attributes not recognized') }
          return { kind: 'ask' }
        },
      },
    },
  })
}

/** Reads the argument of XFORWARD; `undefined` for one that is none. */
export const readXforward = (argument: string): Forwarded | undefined => readAttributes(argument, grammar)

/** The client's half: arguments of the XFORWARD commands that say this. What the server does not offer is left out. */
export function formatXforward(attributes: Forwarded, offer: Offer): readonly string[] {
  const offered = new Set(offer.map(asciiUpper))
  return formatAttributes('XFORWARD', new Map([...attributes].filter(([name]) => offered.has(name))))
}

/** What may stand in a header field and in a log. Addresses and names need not be those of the Internet. */
const grammar = {
  NAME: /^[A-Za-z0-9_.:[\]+~*-]+$/,
  ADDR: /^[A-Za-z0-9_.:-]+$/,
  PORT: /^[0-9]{1,5}$/,
  PROTO: /^[A-Za-z0-9_.:-]{1,64}$/,
  HELO: /^[A-Za-z0-9_.:[\]+~*-]+$/,
  IDENT: /^[A-Za-z0-9_.:-]+$/,
  SOURCE: /^(?:LOCAL|REMOTE)$/i,
} as const
