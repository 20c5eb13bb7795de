import { isAscii } from '@angarium/smtp-wire'
import { losesTime } from './parameter/deliver-by.ts'
import { hasParameter } from './parameter/list.ts'
import { isNever, parseNotify } from './parameter/notify.ts'
import { encodeOrcpt, parseOrcpt } from './parameter/orcpt.ts'
import type { EsmtpParameter, Offered, Report, ReportRecipient } from './report.ts'

/** Parameters a message is relayed with. */
export interface RelayParameters {
  readonly mail: readonly EsmtpParameter[]
  /** One list for each recipient, in their order. */
  readonly rcpt: readonly (readonly EsmtpParameter[])[]
}

/**
 * What becomes of RET, ENVID, NOTIFY and ORCPT when a message is relayed. A host that offers DSN gets them as they came; it
 * gets none that did not come. Any other host gets none, and {@link reportable} names the recipients whose success must
 * then be reported here. Other parameters go along unaltered: whether the host may have them is for others to say.
 *
 * Two things alter: ORCPT with UTF-8 is written in ASCII for a host without SMTPUTF8 (and left out if that makes it too
 * long); and where BY asks for a notice of delay that the host cannot give, NOTIFY asks for it.
 *
 * @param message as received; `parameters` are those of MAIL
 * @param offered by the host the message goes to
 * @rfc 3461 5.2.1, 5.2.2
 * @rfc 2852 4.1.4.2
 * @rfc 6533 3
 */
export function relayParameters(
  message: Pick<Report, 'parameters' | 'arrival' | 'now'>,
  recipients: readonly Pick<ReportRecipient, 'parameters'>[],
  offered: Offered,
): RelayParameters {
  if (!offered.has('DSN'))
    return { mail: without(message.parameters), rcpt: recipients.map(({ parameters }) => without(parameters)) }
  const asksDelay = losesTime(message, offered)
  return {
    mail: message.parameters,
    rcpt: recipients.map(({ parameters }) => {
      const sent = offered.has('SMTPUTF8') ? parameters : parameters.flatMap(inAscii)
      return asksDelay ? withDelay(sent) : sent
    }),
  }
}

function without(parameters: readonly EsmtpParameter[]): readonly EsmtpParameter[] {
  return parameters.filter(([keyword]) => !KEYWORDS.has(keyword))
}

function inAscii(parameter: EsmtpParameter): readonly EsmtpParameter[] {
  const [keyword, value = ''] = parameter
  if (keyword !== 'ORCPT' || isAscii(value)) return [parameter]
  const original = parseOrcpt(value)
  const ascii = original && encodeOrcpt(original)
  return ascii === undefined ? [] : [[keyword, ascii]]
}

/** Overrides that NOTIFY is passed on as it came, or not at all. @rfc 2852 4.1.4.2 */
function withDelay(parameters: readonly EsmtpParameter[]): readonly EsmtpParameter[] {
  if (!hasParameter(parameters, 'NOTIFY')) return [...parameters, ['NOTIFY', 'FAILURE,DELAY']]
  return parameters.map((parameter) => {
    const [keyword, value] = parameter
    const notify = keyword === 'NOTIFY' ? parseNotify(value) : undefined
    const asks = notify !== undefined && !notify.delay && !isNever(notify)
    return asks ? [keyword, `${value},DELAY`] : parameter
  })
}

const KEYWORDS: ReadonlySet<string> = new Set(['RET', 'ENVID', 'NOTIFY', 'ORCPT'])
