import {
  asciiLower,
  defineExtension,
  type Extension,
  type ParameterCodec,
  type Plan,
  proceed,
  type Refusal,
  reply,
  WireError,
} from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type NoSolicitingMail = { readonly SOLICIT: ParameterCodec<readonly string[]> }

/**
 * Classes of solicitation that are not wanted.
 *
 * ```abnf
 * solicitation-keywords = word *( "," word )                             ; up to 1000 octets
 * word                  = ALPHA *( ALPHA / DIGIT / "." / "-" / "_" / ":" )
 * ```
 * The same list is the EHLO argument, where there is one, and the value of the MAIL parameter SOLICIT, which adds 1009
 * octets. A server refuses a message of a class it does not want with 550 5.7.1, naming the class; further classes of
 * single recipients are for the answer to RCPT. Words are compared in any case; there are none by default.
 *
 * A client passes SOLICIT on where the keyword is offered, and does not begin what the server said it does not want.
 * Where it is not offered, the message goes without. **The header field Solicitation is not looked at**: a server that
 * relays should set the parameter by it, and a client may, both before they come here.
 *
 * @param unwanted words to offer
 * @throws WireError UNSAFE_TEXT for one that is none, or a list that fits no reply line
 * @rfc 3865 2
 */
export function noSoliciting(unwanted: readonly string[] = []): Extension<NoSolicitingMail, Record<never, never>> {
  const list = unwanted.join(',')
  if (unwanted.length > 0 && (readWords(list) === undefined || list.length > LINE_OCTETS))
    throw new WireError('UNSAFE_TEXT', `"${list}" are no solicitation keywords`, { where: 'NO-SOLICITING' })
  return defineExtension({
    name: 'no-soliciting',
    rfc: 3865,
    keyword: 'NO-SOLICITING',
    ehlo: () => (list === '' ? [] : [list]),
    mail: {
      SOLICIT: { maxOctets: ' SOLICIT='.length + 1000, parse: readWords, format: (words) => words.join(',') },
    },
    onMail: ({ SOLICIT = [] }) => refusal(SOLICIT, unwanted) ?? proceed,
    client: {
      plan({ parameters: { SOLICIT } }, offer): Plan<NoSolicitingMail> {
        if (SOLICIT === undefined || offer === undefined) return { kind: 'send' }
        const refused = refusal(SOLICIT, readWords(offer[0]) ?? [])
        return refused === undefined ? { kind: 'send', mail: { SOLICIT } } : { kind: 'veto', reply: refused }
      },
    },
  })
}

function refusal(words: readonly string[], unwanted: readonly string[]): Refusal | undefined {
  const refused = new Set(unwanted.map(asciiLower))
  const met = words.filter((word) => refused.has(asciiLower(word)))
  return met.length === 0 ? undefined : reply(550, '7.1', `SOLICIT=${met.join(',')}`)
}

function readWords(value = ''): readonly string[] | undefined {
  const words = value.length > 1000 ? [] : value.split(',')
  return words.length > 0 && words.every((word) => /^[A-Za-z][A-Za-z0-9._:-]*$/.test(word)) ? words : undefined
}

/** What is left of a reply line. */
const LINE_OCTETS = 512 - '250-NO-SOLICITING \r\n'.length
