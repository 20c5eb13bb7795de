import { type Domain, defineExtension, type Extension, parseDomain, reply, type VerbEffect } from '@angarium/smtp-wire'

/**
 * ATRN, on-demand mail relay: a customer who has authenticated asks for its mail over the same connection, whose roles
 * then turn. **Only the command is here**: the grammar and its refusals. No session of this toolkit turns its roles yet,
 * so an owner that lists it can answer 450 (domains not the customer's, or asked too often), 451 (cannot be told now) or
 * 453 (no mail), and no 250.
 *
 * ```abnf
 * atrn-cmd = "ATRN" [ SP domain *( "," domain ) ] CRLF   ; domains of two labels and more; none: all of the customer's
 * ```
 * Adds no parameters, has no EHLO argument, and needs AUTH beside it: 530 5.7.0 for one who has not authenticated. The
 * session asks its owner by a `verb` event; {@link readAtrn} reads its argument.
 *
 * @rfc 2645 5.2.1
 */
export const atrn: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'atrn',
  rfc: 2645,
  keyword: 'ATRN',
  requires: ['AUTH'],
  verbs: { ATRN: { phases: ['ready'], barrier: true, syntax: 'ATRN [<domain>,...]', run } },
})

/** Reads the argument of ATRN: the domains, or none for all; `undefined` for one that is none. */
export function readAtrn(argument: string): readonly Domain[] | undefined {
  if (argument === '') return []
  const domains: Domain[] = []
  for (const name of argument.split(',')) {
    const domain = parseDomain(name)
    if (domain === undefined || domain.startsWith('[') || !domain.includes('.')) return undefined
    domains.push(domain)
  }
  return domains
}

function run(argument: string, { identity }: { readonly identity: string | undefined }): VerbEffect {
  if (identity === undefined) return { kind: 'reply', reply: reply(530, '7.0', 'Authentication required') }
  if (readAtrn(argument) === undefined)
    return { kind: 'reply', reply: reply(501, '5.4', 'ATRN takes domains, with commas between them') }
  return { kind: 'ask' }
}
