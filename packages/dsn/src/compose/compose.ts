import {
  formatAddrSpec,
  formatDate,
  formatField,
  formatMessageId,
  type Header,
  type Mailbox,
  parseMailbox,
  parseMessageIds,
  readHeader,
} from '@angarium/imf-parser'
import { asciiLower, encodeUtf8, isAscii, parseDomain } from '@angarium/smtp-wire'
import { DsnError } from '../error.ts'
import { parseRet } from '../parameter/envelope.ts'
import { hasParameter, parameterValue } from '../parameter/list.ts'
import type { Action, ComposedReport, Report, ReportRecipient } from '../report.ts'
import { reportable } from '../wanted.ts'
import { actions } from './action.ts'
import { hexOf, newBoundary } from './boundary.ts'
import { deliveryStatus } from './delivery-status.ts'
import { envelopeParameters } from './envelope.ts'
import { explanation } from './explanation.ts'
import { concat, isAsciiOctets } from './octets.ts'
import { returned } from './returned.ts'

/**
 * Composes the report a sender is owed: multipart/report with a part for humans, one for programs, and what comes back
 * of the message. It names the recipients {@link reportable} leaves.
 *
 * The whole message comes back when a failure is reported, RET is not HDRS, it came without REQUIRETLS, it is not longer
 * than `returnOctets`, and its octets are text (which may be 8-bit); else its header does. What peers said and what the
 * message holds is made harmless and never throws.
 *
 * @returns `undefined` when nobody is to be told: the reverse-path is null, or {@link reportable} leaves none
 * @throws DsnError BAD_HOST, BAD_ADDRESS, BOUNDARY_TAKEN; ImfError BAD_DATE for an instant no date can express
 * @rfc 3464 2
 * @rfc 6522 3
 * @rfc 3461 6
 * @rfc 8689 5
 */
export function composeReport(report: Report): ComposedReport | undefined {
  const recipients = reportable(report, report.recipients)
  if (recipients.length === 0) return undefined
  const sender = senderOf(report)
  const utf8Message = hasParameter(report.parameters, 'SMTPUTF8')
  // Text beyond ASCII is shown as it is where the mail system of the sender has shown that it knows it.
  const utf8 = utf8Message || !isAscii(report.reversePath) || recipients.some(({ address }) => !isAscii(address))

  const text = encodeUtf8(explanation(report, recipients, utf8))
  const status = encodeUtf8(deliveryStatus(report, recipients, utf8))
  const octets = report.returnOctets ?? RETURN_OCTETS
  const whole = wantsWhole(report, recipients) && report.content.octets.length <= octets
  const back = returned(report.content, whole, utf8Message, octets)

  const textEncoding = encodingOf(text)
  const statusEncoding = encodingOf(status)
  const parts = [
    part(`text/plain; charset=${textEncoding === '8bit' ? 'utf-8' : 'us-ascii'}`, 'Notification', textEncoding, text),
    part(
      `message/${statusEncoding === '8bit' ? 'global-' : ''}delivery-status`,
      'Delivery report',
      statusEncoding,
      status,
    ),
  ]
  if (back !== undefined) parts.push(part(back.type, 'Original message', back.encoding, back.body))
  const needs8bit = !parts.every(isAsciiOctets)
  const boundary = newBoundary(report.random, parts)
  const head = encodeUtf8(header(report, sender, recipients, boundary, needs8bit))
  const opening = encodeUtf8(`--${boundary}\r\n`)
  const content = concat([head, ...parts.flatMap((one) => [opening, one, CRLF]), encodeUtf8(`--${boundary}--\r\n`)])

  const needsUtf8 = !isAsciiOctets(head)
  const parameters = envelopeParameters(report, needs8bit || needsUtf8, needsUtf8)
  return {
    content,
    envelope: { reversePath: '', parameters, recipient: report.reversePath },
    needs8bit: needs8bit || needsUtf8,
    needsUtf8,
  }
}

function senderOf({ reversePath, reportingHost }: Report): Mailbox {
  if (parseDomain(reportingHost) === undefined)
    throw new DsnError('BAD_HOST', 'the reporting host is no host name', { host: reportingHost })
  const sender = parseMailbox(reversePath)
  if (sender.kind === 'fault' || sender.leniency.length > 0 || sender.value.displayName !== undefined)
    throw new DsnError('BAD_ADDRESS', 'the reverse-path is no mailbox', { address: reversePath })
  return sender.value
}

/** @rfc 3461 4.3, 6.2 @rfc 8689 5 */
function wantsWhole({ parameters }: Report, recipients: readonly ReportRecipient[]): boolean {
  return (
    parseRet(parameterValue(parameters, 'RET')) !== 'headers' &&
    !hasParameter(parameters, 'REQUIRETLS') &&
    recipients.some(({ action }) => action === 'failed')
  )
}

const encodingOf = (octets: Uint8Array): '7bit' | '8bit' => (isAsciiOctets(octets) ? '7bit' : '8bit')

function part(type: string, description: string, encoding: string, body: Uint8Array): Uint8Array {
  const fields =
    formatField('Content-Description', description) +
    formatField('Content-Type', type) +
    (encoding === '7bit' ? '' : formatField('Content-Transfer-Encoding', encoding))
  return concat([encodeUtf8(`${fields}\r\n`), body])
}

/** @rfc 3834 3.1 */
function header(
  report: Report,
  sender: Mailbox,
  recipients: readonly ReportRecipient[],
  boundary: string,
  needs8bit: boolean,
): string {
  const { reportingHost, now, random, content, parameters } = report
  const original = readHeader(content.octets)
  const to = `<${formatAddrSpec(sender, { utf8: true })}>`
  return [
    formatField('Date', formatDate(now)),
    formatField('From', `Mail Delivery System <MAILER-DAEMON@${reportingHost}>`),
    formatField('To', to, { utf8: true }),
    formatField('Subject', `Delivery Status Notification (${subject(recipients)})`),
    formatField('Message-ID', formatMessageId(`${hexOf(random.bytes(12))}@${reportingHost}`)),
    references(original),
    formatField('Auto-Submitted', 'auto-replied'),
    !hasParameter(parameters, 'REQUIRETLS') && letsTlsGo(original) ? formatField('TLS-Required', 'No') : '',
    formatField('MIME-Version', '1.0'),
    formatField('Content-Type', `multipart/report; report-type=delivery-status; boundary="${boundary}"`),
    needs8bit ? formatField('Content-Transfer-Encoding', '8bit') : '',
    '\r\nThis is a report in MIME format.\r\n\r\n',
  ].join('')
}

function subject(recipients: readonly ReportRecipient[]): string {
  const present = actions.filter((action) => recipients.some((recipient) => recipient.action === action))
  return present.map((action) => SUBJECTS[action]).join(', ')
}

/** The sender would rather be read than have TLS; so would a report, then. @rfc 8689 4.1, 6 */
function letsTlsGo(original: Header): boolean {
  const [field, ...more] = original.all('TLS-Required')
  return field !== undefined && more.length === 0 && asciiLower(field.text) === 'no'
}

/** In-Reply-To and References, when the message has an identifier that may be written. @rfc 3834 3.1.6 @rfc 5322 3.6.4 */
function references(original: Header): string {
  const id = identifiers(original.first('Message-ID')?.text)[0]
  if (id === undefined) return ''
  const thread = identifiers(original.first('References')?.text).slice(-THREAD)
  return formatField('In-Reply-To', id) + formatField('References', [...thread, id].join(' '))
}

/** The identifiers of a field in their brackets; none when one of them is not as it should be. */
function identifiers(text = ''): string[] {
  const read = parseMessageIds(text)
  if (read.kind === 'fault' || read.leniency.length > 0) return []
  return read.value.every((id) => isAscii(id) && id.length < IDENTIFIER)
    ? read.value.map((id) => formatMessageId(id))
    : []
}

const SUBJECTS: Readonly<Record<Action, string>> = {
  failed: 'Failure',
  delayed: 'Delay',
  relayed: 'Relayed',
  expanded: 'Expanded',
  delivered: 'Success',
}
const CRLF = encodeUtf8('\r\n')
const RETURN_OCTETS = 50_000
const IDENTIFIER = 250
const THREAD = 20
