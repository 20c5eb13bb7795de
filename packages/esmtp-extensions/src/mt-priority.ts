import { defineExtension, type Extension, type ParameterCodec, WireError } from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type MtPriorityMail = { readonly 'MT-PRIORITY': ParameterCodec<number> }

/** Registered profiles. @rfc 6710 9.2 */
export type PriorityProfile = 'MIXER' | 'STANAG4406' | 'NSEP'

/**
 * Priorities from -9 to 9, 0 where none is given.
 *
 * ```abnf
 * priority-profile = 1*20( ALPHA / DIGIT / "-" / "_" / "." )   ; in the EHLO reply, may be left out
 * priority-value   = ( ["-"] %x31-39 ) / "0"                   ; MAIL MT-PRIORITY, adds 15 octets
 * ```
 * Who answers MAIL decides what priority the message gets: a positive one only from whom it trusts. Where it gives
 * another, its reply has the status X.3.6 and the new priority as the first word of its text; one that is too low may be
 * refused with 450 or 550 and X.7.15, a message too big for it with 552 and X.7.16. That priority, not the one that came,
 * is to be the message's parameter from then on: it orders the queue, and goes to the next host where that offers the
 * keyword. Where it does not, the message goes without.
 *
 * @param profile name of the assignment policy; left out: not told
 * @throws WireError UNSAFE_TEXT for one that the grammar does not have
 * @rfc 6710 3
 * @rfc 6710 4
 */
export function mtPriority(profile?: PriorityProfile | (string & {})): Extension<MtPriorityMail, Record<never, never>> {
  if (profile !== undefined && !/^[A-Za-z0-9._-]{1,20}$/.test(profile))
    throw new WireError('UNSAFE_TEXT', `"${profile}" is no name of a priority profile`, { where: 'MT-PRIORITY' })
  return defineExtension({
    name: 'mt-priority',
    rfc: 6710,
    keyword: 'MT-PRIORITY',
    ehlo: () => (profile === undefined ? [] : [profile]),
    mail: {
      'MT-PRIORITY': {
        maxOctets: ' MT-PRIORITY=-9'.length,
        parse: (value = ''): number | undefined => (/^(?:-?[1-9]|0)$/.test(value) ? Number(value) : undefined),
        format: (priority) => String(priority),
      },
    },
  })
}
