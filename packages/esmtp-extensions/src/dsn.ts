import {
  asciiLower,
  asciiUpper,
  decodeXtext,
  defineExtension,
  type Extension,
  encodeUtf8,
  hasControl,
  isAscii,
  isParameterValue,
  isPrintable,
  type ParameterCodec,
  type ParameterValues,
  type Plan,
} from '@angarium/smtp-wire'

/** How much of the message a failure report brings back. @rfc 3461 4.3 */
export type RetValue = 'FULL' | 'HDRS'

/** What is to be reported: `NEVER` alone, or some of the others, each once. @rfc 3461 4.1 */
export type NotifyValue = readonly ('NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY')[]

/** Its parameters of MAIL. */
export type DsnMail = { readonly RET: ParameterCodec<RetValue>; readonly ENVID: ParameterCodec<string> }

/** Its parameters of RCPT. */
export type DsnRcpt = { readonly NOTIFY: ParameterCodec<NotifyValue>; readonly ORCPT: ParameterCodec<string> }

const ORCPT_OCTETS = 500

/**
 * Delivery status notifications: what the sender wants to be told.
 *
 * ```abnf
 * ret-value    = "FULL" / "HDRS"                                  ; MAIL RET,    adds  9 octets
 * envid-value  = xtext                                            ; MAIL ENVID,  adds 107
 * notify-value = "NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" )  ; RCPT NOTIFY, adds 29
 * orcpt-value  = addr-type ";" xtext                              ; RCPT ORCPT,  adds 507
 * ```
 * ENVID up to 100 octets, ORCPT up to 500. Both stand for printable ASCII; an address of type `utf-8` has the encodings
 * of RFC 6533 instead, and is carried whatever it holds. UTF-8 in the xtext of type `rfc822`, as Postfix writes it, is
 * carried too. Their values are the texts as they came, still encoded: they go
 * on octet for octet, and `@angarium/dsn` decodes them. Keywords are read in any case and passed on in upper case.
 *
 * The server refuses nothing that is well-formed; reports are the duty of who stores the message. The client passes on
 * what came where DSN is offered, and nothing where it is not: then a `relayed` report is due to whoever asked for
 * SUCCESS. An ORCPT beyond ASCII goes to a server without SMTPUTF8 in the form `\x{HEX}`, and not at all where that is
 * longer than the parameter may be.
 *
 * @rfc 3461 4
 * @rfc 3461 5.2
 * @rfc 6533 3
 */
export const dsn: Extension<DsnMail, DsnRcpt> = defineExtension({
  name: 'dsn',
  rfc: 3461,
  keyword: 'DSN',
  mail: {
    RET: {
      maxOctets: ' RET=FULL'.length,
      parse: (value = ''): RetValue | undefined => ret.find((word) => word === asciiUpper(value)),
      format: (value) => value,
    },
    ENVID: { maxOctets: ' ENVID='.length + 100, parse: readEnvid, format: (value) => value },
  },
  rcpt: {
    NOTIFY: {
      maxOctets: ' NOTIFY=SUCCESS,FAILURE,DELAY'.length,
      parse: readNotify,
      format: (words) => words.join(','),
    },
    ORCPT: { maxOctets: ' ORCPT='.length + ORCPT_OCTETS, parse: readOrcpt, format: (value) => value },
  },
  client: {
    plan({ parameters, recipients }, offer, { offers }): Plan<DsnMail, DsnRcpt> {
      if (offer === undefined) return { kind: 'send' }
      const utf8 = offers.has('SMTPUTF8')
      return {
        kind: 'send',
        mail: parameters,
        rcpt: recipients.map((recipient) => ({
          kind: 'send',
          parameters: utf8 ? recipient.parameters : inAscii(recipient.parameters),
        })),
      }
    },
  },
})

function readEnvid(value = ''): string | undefined {
  const id = value.length > 100 ? undefined : decodeXtext(value)
  return id !== undefined && id !== '' && isPrintable(id) ? value : undefined
}

function readNotify(value = ''): NotifyValue | undefined {
  if (value.length > NOTIFY_OCTETS) return undefined
  const words = new Set(asciiUpper(value).split(','))
  if (words.size > 1 && words.has('NEVER')) return undefined
  const known = [...words].filter((word) => notify.has(word))
  return known.length === words.size ? (known as readonly string[] as NotifyValue) : undefined
}

function readOrcpt(value = ''): string | undefined {
  const semicolon = value.indexOf(';')
  const type = value.slice(0, Math.max(semicolon, 0))
  if (value.length > ORCPT_OCTETS || !isAtom(type)) return undefined
  const address = value.slice(semicolon + 1)
  if (asciiLower(type) === 'utf-8')
    return isParameterValue(address, true) && encodeUtf8(value).length <= ORCPT_OCTETS ? value : undefined
  const decoded = decodeXtext(address)
  if (decoded === undefined) return undefined
  return isPrintable(decoded) || (asciiLower(type) === 'rfc822' && !hasControl(decoded)) ? value : undefined
}

/** `addr-type`. @rfc 3461 4.2 */
function isAtom(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x20 || code > 0x7e || '()<>[]:;@\\,."='.includes(text.charAt(i))) return false
  }
  return text.length > 0
}

/** For a server that takes no UTF-8. @rfc 6533 3 */
function inAscii(parameters: ParameterValues<DsnRcpt>): ParameterValues<DsnRcpt> {
  const { ORCPT, ...rest } = parameters
  if (ORCPT === undefined || isAscii(ORCPT)) return parameters
  let text = ''
  for (const character of ORCPT)
    text += isAscii(character) ? character : `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`
  return text.length > ORCPT_OCTETS ? rest : { ...rest, ORCPT: text }
}

const ret: readonly RetValue[] = ['FULL', 'HDRS']
const notify: ReadonlySet<string> = new Set(['NEVER', 'SUCCESS', 'FAILURE', 'DELAY'])
/** Words may come more than once. */
const NOTIFY_OCTETS = 64
