import { formatDate, formatField } from '@angarium/imf-parser'
import { isAscii } from '@angarium/smtp-wire'
import { deliverBy } from '../parameter/deliver-by.ts'
import { parseEnvid } from '../parameter/envelope.ts'
import { parameterValue } from '../parameter/list.ts'
import { parseOrcpt } from '../parameter/orcpt.ts'
import { encodeUnitext } from '../parameter/unitext.ts'
import type { RemoteReply, Report, ReportRecipient } from '../report.ts'
import { isTrouble } from './action.ts'
import { harmless } from './harmless.ts'
import { statusOf } from './status.ts'

/**
 * The part a program reads: fields about the message, then a group of fields for each recipient, parted by empty lines.
 *
 * @param utf8 the part is message/global-delivery-status: addresses and replies stand as they are
 * @rfc 3464 2.1
 * @rfc 6533 4.1
 */
export function deliveryStatus(report: Report, recipients: readonly ReportRecipient[], utf8: boolean): string {
  const fields = new Fields(utf8)
  const { parameters, arrival } = report
  const envid = parameterValue(parameters, 'ENVID')
  if (envid !== undefined) fields.add('Original-Envelope-Id', parseEnvid(envid) ?? envid)
  fields.add(
    'Reporting-MTA',
    `${report.reportingHost.startsWith('[') ? 'x-local-hostname' : 'dns'}; ${report.reportingHost}`,
  )
  if (report.receivedFrom !== undefined) fields.add('Received-From-MTA', `dns; ${report.receivedFrom}`)
  if (arrival !== undefined) {
    fields.add('Arrival-Date', formatDate(arrival))
    const by = deliverBy(parameters, arrival)
    if (by !== undefined) fields.add('Deliver-By-Date', formatDate(by.at))
  }
  addRelease(fields, parameters)
  for (const recipient of recipients) addRecipient(fields, recipient)
  return fields.text
}

/** @rfc 4865 5.1.2 */
function addRelease(fields: Fields, parameters: Report['parameters']): void {
  const delay = parameterValue(parameters, 'HOLDFOR')
  const time = parameterValue(parameters, 'HOLDUNTIL')
  if (delay !== undefined) fields.add('Future-Release-Request', `for;${delay}`)
  else if (time !== undefined) fields.add('Future-Release-Request', `until;${time}`)
}

/** @rfc 3464 2.3 @rfc 3461 6.3 */
function addRecipient(fields: Fields, recipient: ReportRecipient): void {
  const { address, parameters, action, reply, remote, because, lastAttempt, finalLogId, willRetryUntil } = recipient
  fields.text += '\r\n'
  const orcpt = parameterValue(parameters, 'ORCPT')
  if (orcpt !== undefined) fields.add('Original-Recipient', originalRecipient(orcpt, fields.utf8))
  fields.add('Final-Recipient', `${isAscii(address) ? 'rfc822' : 'utf-8'}; ${address}`)
  fields.add('Action', action)
  fields.add('Status', statusOf(recipient))
  const host = reply?.peer ?? remote
  if (host !== undefined) fields.add('Remote-MTA', `dns; ${nameOf(host)}`)
  // Only what a host said is SMTP's: a reply of our own is a reason like others.
  if (reply !== undefined)
    fields.add('Diagnostic-Code', `${reply.peer === undefined ? 'x-reason' : 'smtp'}; ${transcript(reply)}`)
  else if (because !== undefined && isTrouble(action)) fields.add('Diagnostic-Code', `x-reason; ${because}`)
  if (lastAttempt !== undefined) fields.add('Last-Attempt-Date', formatDate(lastAttempt))
  if (finalLogId !== undefined) fields.add('Final-Log-ID', finalLogId)
  if (action === 'delayed' && willRetryUntil !== undefined) fields.add('Will-Retry-Until', formatDate(willRetryUntil))
}

class Fields {
  readonly utf8: boolean
  text = ''

  constructor(utf8: boolean) {
    this.utf8 = utf8
  }

  /** Whatever the value, it becomes one field. */
  add(name: string, value: string): void {
    this.text += formatField(name, harmless(value, this.utf8), { utf8: this.utf8 })
  }
}

/** An address is written as a literal. @rfc 3461 9.3 */
function nameOf(host: string): string {
  if (host.startsWith('[')) return host
  if (host.includes(':')) return `[IPv6:${host}]`
  return /^[0-9.]+$/.test(host) ? `[${host}]` : host
}

/** As the sender wrote it, decoded; what cannot be decoded goes along unaltered. @rfc 6533 3 */
function originalRecipient(orcpt: string, utf8: boolean): string {
  const read = parseOrcpt(orcpt)
  if (read === undefined) return orcpt
  return `${read.type}; ${read.type === 'utf-8' && !utf8 ? encodeUnitext(read.address) : read.address}`
}

/** All lines of a reply, the later ones behind a space. @rfc 3461 9.2 */
function transcript({ code, status, text }: RemoteReply): string {
  const last = text.length - 1
  const lines = text.map(
    (line, i) => `${code}${i < last ? '-' : ' '}${status === undefined ? '' : `${status} `}${line}`,
  )
  return lines.length === 0 ? `${code}` : lines.join(' ')
}
