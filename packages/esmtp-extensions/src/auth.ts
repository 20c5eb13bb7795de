import { decodeBase64 } from '@angarium/sasl/profile'
import {
  asciiUpper,
  decodeXtext,
  defineExtension,
  type Extension,
  encodeXtext,
  formatMailbox,
  type ParameterCodec,
  type Plan,
  parseMailbox,
  type RefusalCode,
  type ReversePath,
  reply,
  type SessionContext,
  type VerbEffect,
} from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type AuthMail = { readonly AUTH: ParameterCodec<ReversePath> }

/**
 * Authentication by SASL.
 *
 * ```abnf
 * auth-param = sasl-mech *( SP sasl-mech )                       ; in the EHLO reply
 * auth-cmd   = "AUTH" SP sasl-mech [ SP ( base64 / "=" ) ] CRLF  ; lines up to 12,288 octets
 * response   = ( base64 / "*" ) CRLF
 * auth-value = "<>" / xtext                                      ; MAIL AUTH, a mailbox; adds 500 octets
 * ```
 * Offered where `mechanisms` names any; most need TLS, so the list changes with STARTTLS, and one that is not named is
 * 504 5.5.4. Not inside a transaction, and not twice: 503. An initial response that is no base64 is 501 5.5.2. The rest
 * is a dialogue of `verb` events, answered by an `authenticator`. Input may wait behind AUTH, since a client that knows
 * the exchange to be over with its initial response may send on; behind a later line of the dialogue it ends the session.
 *
 * The MAIL parameter names who submitted the message; only from a trusted client does that mean anything. This client
 * trusts none, as section 5 allows: where AUTH is offered it says `AUTH=<>` if the parameter came, or if the server knows
 * who this client is.
 *
 * @param mechanisms names to offer, of up to 20 letters, digits, "-" and "_", in upper case
 * @rfc 4954 3
 * @rfc 4954 4
 * @rfc 4954 5
 */
export function auth(
  mechanisms: (context: SessionContext) => readonly string[],
): Extension<AuthMail, Record<never, never>> {
  return defineExtension({
    name: 'auth',
    rfc: 4954,
    keyword: 'AUTH',
    ehlo(context): readonly string[] | undefined {
      const names = mechanisms(context)
      return names.length === 0 ? undefined : names
    },
    mail: { AUTH: { maxOctets: VALUE_OCTETS + ' AUTH='.length, parse: readSubmitter, format: formatSubmitter } },
    verbs: {
      AUTH: {
        phases: ['ready'],
        barrier: false,
        lineOctets: 12_288,
        syntax: 'AUTH <mechanism> [initial-response]',
        run: (argument, context) => run(argument, context, mechanisms),
      },
    },
    client: {
      plan: ({ parameters }, offer, { authenticated }): Plan<AuthMail> =>
        offer === undefined || (parameters.AUTH === undefined && !authenticated)
          ? { kind: 'send' }
          : { kind: 'send', mail: { AUTH: { kind: 'null' } } },
    },
  })
}

function run(
  argument: string,
  context: SessionContext,
  mechanisms: (context: SessionContext) => readonly string[],
): VerbEffect {
  if (context.identity !== undefined) return refuse(503, '5.1', 'Authenticated already')
  const command = readAuth(argument)
  if (command === undefined) return refuse(501, '5.4', 'AUTH takes a mechanism and an initial response')
  if (!mechanisms(context).includes(command.mechanism)) return refuse(504, '5.4', 'Mechanism not offered here')
  if (command.initial !== undefined && decodeResponse(command.initial) === undefined)
    return refuse(501, '5.2', 'Initial response is no base64')
  return { kind: 'ask' }
}

/** An AUTH command: the mechanism in upper case, the initial response as it came. */
export function readAuth(
  argument: string,
): { readonly mechanism: string; readonly initial: string | undefined } | undefined {
  const [mechanism = '', initial, ...more] = argument.split(' ').filter((word) => word !== '')
  return mechanism === '' || more.length > 0 ? undefined : { mechanism: asciiUpper(mechanism), initial }
}

/** What an initial response stands for; "=" is one of no octets. */
export const decodeResponse = (text: string): Uint8Array | undefined => decodeBase64(text === '=' ? '' : text)

function readSubmitter(value = ''): ReversePath | undefined {
  if (value === '<>') return { kind: 'null' }
  const text = value.length > VALUE_OCTETS ? undefined : decodeXtext(value)
  return text === undefined ? undefined : parseMailbox(text, { localPartOctets: 64, pathOctets: 256, utf8: true })
}

const formatSubmitter = (submitter: ReversePath): string =>
  submitter.kind === 'null' ? '<>' : encodeXtext(formatMailbox(submitter))

function refuse(code: RefusalCode, detail: '5.1' | '5.2' | '5.4', text: string): VerbEffect {
  return { kind: 'reply', reply: reply(code, detail, text) }
}

const VALUE_OCTETS = 494
