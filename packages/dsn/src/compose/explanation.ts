import { formatDate } from '@angarium/imf-parser'
import type { Action, Report, ReportRecipient } from '../report.ts'
import { harmless } from './harmless.ts'
import { adviceFor, statusInWords, statusOf } from './status.ts'

/**
 * The part a human reads: what happened, to whom, what the other host said, what to do. Lines end in CRLF.
 * @rfc 6522 3
 */
export function explanation(report: Report, recipients: readonly ReportRecipient[], utf8: boolean): string {
  const { reportingHost, arrival } = report
  const lines = [`This is the mail system of ${reportingHost}.`, '']
  if (arrival !== undefined) lines.push(`It took your message on ${formatDate(arrival)}.`, '')
  for (const action of ACTIONS) {
    const concerned = recipients.filter((recipient) => recipient.action === action)
    if (concerned.length === 0) continue
    lines.push(...wrap(HEADINGS[action], ''), '')
    for (const recipient of concerned) lines.push(...about(recipient, utf8), '')
  }
  lines.push(...wrap(`If you need help, write to <postmaster@${reportingHost}> and send this report along.`, ''))
  return `${lines.join('\r\n')}\r\n`
}

function about(recipient: ReportRecipient, utf8: boolean): string[] {
  const { address, action, reply, because, willRetryUntil } = recipient
  const status = statusOf(recipient)
  const lines = [`<${harmless(address, utf8)}>`]
  if (because !== undefined) lines.push(...wrap(harmless(because, utf8), INDENT))
  if (reply !== undefined) {
    const host = reply.peer === undefined ? 'This system' : harmless(reply.peer, utf8)
    lines.push(`${INDENT}${host} said:`)
    for (const line of reply.text.slice(0, REPLY_LINES))
      lines.push(
        ...wrap(
          `${reply.code}${reply.status === undefined ? '' : ` ${harmless(reply.status, utf8)}`} ${harmless(line, utf8, REPLY_OCTETS)}`,
          INDENT + INDENT,
        ),
      )
    if (reply.text.length > REPLY_LINES) lines.push(`${INDENT}${INDENT}...`)
  }
  if (action === 'failed' || action === 'delayed') lines.push(...wrap(statusInWords(status), INDENT))
  if (action === 'failed') lines.push(...wrap(adviceFor(status), INDENT))
  if (action === 'delayed')
    lines.push(
      ...wrap(
        willRetryUntil === undefined
          ? 'You need not do anything.'
          : `You need not do anything. Attempts go on until ${formatDate(willRetryUntil)}.`,
        INDENT,
      ),
    )
  return lines
}

/** Breaks text between words into lines of at most 76 characters, where it has words so short. */
function wrap(text: string, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (word === '') continue
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line)
      line = word
    } else line += line === '' ? word : ` ${word}`
  }
  return line === '' ? lines : [...lines, indent + line]
}

const ACTIONS: readonly Action[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded']

const HEADINGS: Readonly<Record<Action, string>> = {
  failed: 'Your message could not be delivered to the recipients below. It will not be tried again.',
  delayed: 'Your message has not yet reached the recipients below. There is no need to send it again.',
  delivered: 'Your message was delivered to the recipients below.',
  relayed:
    'Your message was passed on to a mail system that does not report deliveries. You will hear no more of the recipients below unless something fails.',
  expanded: 'Your message was delivered to the recipients below and passed on from there to others.',
}

const INDENT = '    '
const WIDTH = 76
const REPLY_LINES = 10
const REPLY_OCTETS = 300
