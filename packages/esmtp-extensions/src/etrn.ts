import { type Domain, defineExtension, type Extension, parseDomain, reply, type VerbEffect } from '@angarium/smtp-wire'

/** What ETRN asks to be sent. @rfc 1985 5 */
export type EtrnRequest =
  /** Mail for this host. */
  | { readonly kind: 'node'; readonly name: Domain }
  /** Mail for this domain and all below it. */
  | { readonly kind: 'subdomains'; readonly name: Domain }
  /** A queue of this name; what that is, is the server's business. */
  | { readonly kind: 'queue'; readonly name: string }

/**
 * ETRN: a host asks for the mail that waits for it, over a connection of our own.
 *
 * ```abnf
 * etrn-cmd = "ETRN" SP ( node-name / "@" node-name / "#" queue-name ) CRLF
 * ```
 * A node name is a domain of at least two labels. Not inside a transaction. The session asks its owner by a `verb` event;
 * {@link readEtrn} reads its argument. The owner judges whether this client may ask, starts its queue without waiting for
 * it, and answers 250 (started), 251 (nothing waits), 252 or 253 (something does; 253 says how many messages), 458 (cannot
 * now) or 459 (not allowed). A client asks by a command of its own, where the keyword is offered.
 *
 * @rfc 1985 5
 */
export const etrn: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'etrn',
  rfc: 1985,
  keyword: 'ETRN',
  verbs: {
    ETRN: {
      phases: ['ready'],
      barrier: false,
      syntax: 'ETRN <domain> | @<domain> | #<queue>',
      run: (argument): VerbEffect => (readEtrn(argument) === undefined ? notAnArgument : { kind: 'ask' }),
    },
  },
})

/** Reads the argument of ETRN; `undefined` for one that is none. */
export function readEtrn(argument: string): EtrnRequest | undefined {
  if (argument.startsWith('#')) {
    const name = argument.slice(1)
    return /^[!-~]{1,255}$/.test(name) ? { kind: 'queue', name } : undefined
  }
  const below = argument.startsWith('@')
  const name = parseDomain(below ? argument.slice(1) : argument)
  if (name === undefined || name.startsWith('[') || !name.includes('.')) return undefined
  return { kind: below ? 'subdomains' : 'node', name }
}

const notAnArgument: VerbEffect = {
  kind: 'reply',
  reply: reply(501, '5.4', 'ETRN takes a domain, @ and a domain, or # and a queue'),
}
