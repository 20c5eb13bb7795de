import { formatDate } from '@angarium/imf-parser'

/** What came of a request for one recipient. */
export interface Outcome {
  readonly address: string
  readonly kind: 'OK' | 'NO'
  /** To a person. */
  readonly because: string
}

/** What a report or a notice is made of. All texts are printable ASCII and short enough for a line. */
interface Letter {
  readonly hostname: string
  readonly now: number
  /** Unique within this host. */
  readonly id: string
  readonly to: string
}

/**
 * The report of section 6: two parts, never the message. One report tells of all recipients of a request, each in a group
 * of its own.
 */
export function composeReport(
  letter: Letter,
  verb: 'HOLD' | 'RECALL',
  guid: string,
  outcomes: readonly Outcome[],
): Uint8Array {
  const { hostname, id } = letter
  const boundary = `=_recl_${id}`
  const told = new Set(outcomes.map(({ kind }) => kind))
  return octets([
    ...head(letter, `Recall Notification (${verb} ${[...told].join(' and ')})`),
    `Content-Type: multipart/report; report-type=delivery-status;`,
    ` boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `You asked ${hostname} to ${verb === 'HOLD' ? 'hold' : 'recall'} a message.`,
    ...outcomes.flatMap(({ address, because }) => ['', `${address}:`, `  ${because}`]),
    '',
    `--${boundary}`,
    'Content-Type: message/delivery-status',
    '',
    `Reporting-MTA: dns; ${hostname}`,
    `Original-Envelope-ID: ${guid}`,
    ...outcomes.flatMap(({ address, kind }) => [
      '',
      `Original-Recipient: rfc822;${address}`,
      `Final-Recipient: rfc822;${address}`,
      `Action: ${verb} ${kind}`,
      `Status: ${kind === 'OK' ? '2.0.0' : '5.0.0'}`,
    ]),
    '',
    `--${boundary}--`,
    '',
  ])
}

/** Tells a recipient that a recall was asked for, where INFORM wants that. Section 5.3. */
export function composeNotice(letter: Letter, sender: string, messageId: string, kind: Outcome['kind']): Uint8Array {
  return octets([
    ...head(letter, 'A sender asked to recall a message'),
    'Content-Type: text/plain; charset=us-ascii',
    '',
    `${sender} asked to take back the message`,
    `  ${messageId}`,
    kind === 'OK' ? 'It was withdrawn before it was delivered to you.' : 'It could not be withdrawn.',
    '',
  ])
}

const head = ({ hostname, now, id, to }: Letter, subject: string): readonly string[] => [
  `Date: ${formatDate(now)}`,
  `From: postmaster@${hostname}`,
  `To: ${to}`,
  `Subject: ${subject}`,
  `Message-ID: <recl.${id}@${hostname}>`,
  'Auto-Submitted: auto-replied',
  'MIME-Version: 1.0',
]

const octets = (lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\r\n'))
