import { formatDate } from '@angarium/imf-parser'
import { deliverBy, losesTime } from '../parameter/deliver-by.ts'
import type { Action, Report, ReportRecipient } from '../report.ts'
import { actions, isTrouble } from './action.ts'
import { harmless } from './harmless.ts'
import { adviceFor, statusInWords, statusOf } from './status.ts'

/**
 * The part a human reads: what happened, to whom, what the other host said, what to do. Lines end in CRLF.
 * @rfc 6522 3
 */
export function explanation(report: Report, recipients: readonly ReportRecipient[], utf8: boolean): string {
  const { reportingHost, arrival, parameters } = report
  const lines = [`This is the mail system of ${reportingHost}.`, '']
  if (arrival !== undefined) {
    lines.push(`It took your message on ${formatDate(arrival)}.`)
    const by = deliverBy(parameters, arrival)
    if (by !== undefined) lines.push(`You asked that it be delivered by ${formatDate(by.at)}.`)
    lines.push('')
  }
  for (const [heading, concerned] of byHeading(recipients)) {
    lines.push(...wrap(heading, ''), '')
    for (const recipient of concerned) lines.push(...about(recipient, report, utf8), '')
  }
  lines.push(...wrap(`If you need help, write to <postmaster@${reportingHost}> and send this report along.`, ''))
  return `${lines.join('\r\n')}\r\n`
}

/** The recipients under what is said of them all. */
function byHeading(recipients: readonly ReportRecipient[]): ReadonlyMap<string, readonly ReportRecipient[]> {
  const groups = new Map<string, ReportRecipient[]>()
  for (const action of actions)
    for (const recipient of recipients) {
      if (recipient.action !== action) continue
      const heading = action === 'relayed' && recipient.offered?.has('DSN') ? ON_ITS_WAY : HEADINGS[action]
      const group = groups.get(heading)
      if (group === undefined) groups.set(heading, [recipient])
      else group.push(recipient)
    }
  return groups
}

function about(recipient: ReportRecipient, report: Report, utf8: boolean): string[] {
  const { address, action, offered, reply, because, willRetryUntil } = recipient
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
  if (action === 'relayed' && losesTime(report, offered))
    lines.push(`${INDENT}The mail system there does not know of the time you set.`)
  if (isTrouble(action)) lines.push(...wrap(statusInWords(status), INDENT))
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

const HEADINGS: Readonly<Record<Action, string>> = {
  failed: 'Your message could not be delivered to the recipients below. It will not be tried again.',
  delayed: 'Your message has not yet reached the recipients below. There is no need to send it again.',
  delivered:
    'Your message was delivered to the recipients below. You will hear no more of them. Whether it was read is not known.',
  relayed:
    'Your message was passed on, for the recipients below, to a mail system that does not report deliveries. You will hear no more of them unless something fails.',
  expanded:
    'Your message was delivered to the addresses below, which stand for others, and passed on to those. You will hear no more of them unless something fails.',
}

const ON_ITS_WAY =
  'Your message was passed on for the recipients below. Reports that you asked for are up to the next mail system.'

const INDENT = '    '
const WIDTH = 76
const REPLY_LINES = 10
const REPLY_OCTETS = 300
