import { hasParameter, parameterValue } from '../parameter/list.ts'
import type { EsmtpParameter, Report } from '../report.ts'

/**
 * The parameters of MAIL for a report. It is protected as the message was, and as urgent. RET, and with it all that asks
 * for reports of a report, is left out.
 *
 * @rfc 3461 6.1
 * @rfc 6710 4.6
 * @rfc 8689 5, 6
 */
export function envelopeParameters(
  { parameters }: Pick<Report, 'parameters'>,
  needs8bit: boolean,
  needsUtf8: boolean,
): readonly EsmtpParameter[] {
  const sent: EsmtpParameter[] = []
  if (needs8bit) sent.push(['BODY', '8BITMIME'])
  if (needsUtf8) sent.push(['SMTPUTF8', undefined])
  if (hasParameter(parameters, 'REQUIRETLS')) sent.push(['REQUIRETLS', undefined])
  const priority = parameterValue(parameters, 'MT-PRIORITY')
  if (priority !== undefined && PRIORITY.test(priority)) sent.push(['MT-PRIORITY', priority])
  return sent
}

/** @rfc 6710 7 */
const PRIORITY = /^(?:0|-?[1-9])$/
