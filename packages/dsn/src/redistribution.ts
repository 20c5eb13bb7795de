import { isAscii } from '@angarium/smtp-wire'
import { hasParameter } from './parameter/list.ts'
import { formatNotify, parseNotify } from './parameter/notify.ts'
import { encodeOrcpt } from './parameter/orcpt.ts'
import type { EsmtpParameter, ReportRecipient } from './report.ts'

/**
 * Parameters of RCPT for the members of an alias, whose reverse-path stays that of the sender. A sole member gets those of
 * the alias. Several get them without the wish for success, of which the alias itself is to be reported as `expanded`.
 *
 * ORCPT is added where there is none, so that the sender knows in a report the address that was written to; left out if
 * the address is too long for it. RRVS ends at the alias: it speaks of that address, and was judged there.
 *
 * @param members how many
 * @rfc 3461 5.2.1, 5.2.7.2, 5.2.7.3
 * @rfc 3464 3
 * @rfc 7293 8.2, 8.3
 */
export function aliasParameters(
  { address, parameters }: Pick<ReportRecipient, 'address' | 'parameters'>,
  members: number,
): readonly EsmtpParameter[] {
  const sent = parameters.filter(([keyword]) => keyword !== 'RRVS')
  if (!hasParameter(sent, 'ORCPT')) {
    const orcpt = encodeOrcpt({ type: isAscii(address) ? 'rfc822' : 'utf-8', address })
    if (orcpt !== undefined) sent.push(['ORCPT', orcpt])
  }
  return members > 1 ? sent.map(withoutSuccess) : sent
}

/**
 * Parameters of MAIL for the members of a mailing list. Delivery to the list was final, and is reported as `delivered`; what
 * the list sends has its own reverse-path, and asks for reports of its own only: its RCPT commands get nothing of the
 * original. What says how the content is to be treated stays. The same goes for a forwarding address that is not to become
 * known to the sender.
 *
 * @param parameters of the original MAIL command
 * @rfc 3461 5.2.7.1, 5.2.7.4
 * @rfc 6710 4.4
 * @rfc 8689 6
 */
export function listParameters(parameters: readonly EsmtpParameter[]): readonly EsmtpParameter[] {
  return parameters.filter(([keyword]) => TREATMENT.has(keyword))
}

function withoutSuccess(parameter: EsmtpParameter): EsmtpParameter {
  const [keyword, value] = parameter
  const notify = keyword === 'NOTIFY' ? parseNotify(value) : undefined
  return notify?.success ? [keyword, formatNotify({ ...notify, success: false })] : parameter
}

const TREATMENT: ReadonlySet<string> = new Set(['BODY', 'SMTPUTF8', 'REQUIRETLS', 'MT-PRIORITY'])
