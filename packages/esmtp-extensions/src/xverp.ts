import { defineExtension, type Extension, type ParameterCodec, type SessionContext } from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type XverpMail = { readonly XVERP: ParameterCodec<string> }

/**
 * XVERP of Postfix: one copy of a message for each recipient, whose reverse-path names it. **Only the parameter is
 * here**: who stores the message has to make the copies; `@angarium/dsn` writes and reads such paths. Not registered with
 * IANA; a keyword in X by agreement of both sides.
 *
 * ```abnf
 * xverp-param = "XVERP" [ "=" 2( "-" / "+" ) ]   ; MAIL XVERP, adds 9 octets
 * ```
 * The value is the two delimiters, or empty where the server's own are meant. Deviation: Postfix also takes "=" for a
 * delimiter (`XVERP=+=`), which no parameter's value may hold (RFC 5321, 4.1.2): 501. Its default, `+=`, is had by the
 * keyword alone. Only clients that `trusts` names are offered it. It is done once, and not passed on.
 *
 * @param trusts whether the client of this session may ask for copies
 * @rfc 5321 2.2.2
 */
export function xverp(trusts: (context: SessionContext) => boolean): Extension<XverpMail, Record<never, never>> {
  return defineExtension({
    name: 'xverp',
    rfc: 5321,
    keyword: 'XVERP',
    ehlo: (context) => (trusts(context) ? [] : undefined),
    mail: {
      XVERP: {
        maxOctets: ' XVERP=-+'.length,
        parse: (value): string | undefined =>
          value === undefined || /^[-+]{2}$/.test(value) ? (value ?? '') : undefined,
        format: (delimiters) => (delimiters === '' ? undefined : delimiters),
      },
    },
    client: { plan: () => ({ kind: 'send' }) },
  })
}
