import type { CommandFault } from '../command/command.ts'
import type { LineFault } from '../command/line.ts'
import type { DataFault } from '../content/unstuff.ts'
import { type Refusal, type Reply, reply } from '../reply/reply.ts'

/** Replies the session gives by itself. */
export const ok: Reply<250> = reply(250, '0.0', 'OK')
export const sendContent: Reply<354> = reply(354, undefined, 'Start mail input; end with <CRLF>.<CRLF>')
export const noHelp: Refusal = reply(504, '5.4', 'No help for that')
export const needsUtf8: Reply<252> = reply(252, '6.8', 'Cannot be told without UTF-8; ask again with SMTPUTF8')
export const unknownVerb: Refusal = reply(500, '5.1', 'Command not recognized')
export const obsoleteVerb: Refusal = reply(502, '5.1', 'Command not implemented')
export const wrongHello: Refusal = reply(500, '5.1', 'Not the hello of this protocol')
export const notHere: Reply<503> = reply(503, '5.1', 'Bad sequence of commands')
export const unknownParameter: Refusal = reply(555, '5.4', 'Parameter not recognized')
export const brokenParameter: Refusal = reply(501, '5.4', 'Parameter value not recognized')
export const tooManyRecipients: Refusal = reply(452, '5.3', 'Too many recipients; send the rest in another transaction')
export const messageTooBig: Refusal = reply(552, '3.4', 'Message is larger than this server accepts')
export const dialogueTooLong: Refusal = reply(500, '5.6', 'Authentication exchange line is too long')
export const earlyInput: Refusal = reply(554, '5.0', 'Input waited behind a command that must come last; closing')
export const foreignProtocol: Refusal = reply(554, '5.1', 'This is a mail server; closing')

/** Replies that begin with the name of this host. @rfc 5321 4.2.2 */
export interface ClosingReplies {
  readonly bye: Reply<221>
  readonly goingDown: Reply<421>
  readonly timedOut: Reply<421>
  readonly tooManyErrors: Reply<421>
  readonly tooManyIdle: Reply<421>
  readonly tooManyTransactions: Reply<421>
  readonly endlessLine: Reply<421>
}

/** Builds the replies of one host; those of the last host are kept, since a server has one or few. */
export function closingReplies(hostname: string): ClosingReplies {
  if (hostname !== lastHostname || last === undefined) {
    lastHostname = hostname
    last = {
      bye: reply(221, '0.0', `${hostname} Service closing transmission channel`),
      goingDown: reply(421, '3.2', `${hostname} Service not available, closing transmission channel`),
      timedOut: reply(421, '4.2', `${hostname} Waited too long, closing transmission channel`),
      tooManyErrors: reply(421, '7.0', `${hostname} Too many errors, closing transmission channel`),
      tooManyIdle: reply(421, '7.0', `${hostname} Too many commands without mail, closing transmission channel`),
      tooManyTransactions: reply(421, '7.0', `${hostname} Too many messages, closing transmission channel`),
      endlessLine: reply(421, '5.2', `${hostname} Line without an end, closing transmission channel`),
    }
  }
  return last
}

let lastHostname: string | undefined
let last: ClosingReplies | undefined

/** Content was read to its true end, and is refused for good: sent again it would be the same. @rfc 5321 2.3.8 */
export const contentFaults: Readonly<Record<DataFault, Refusal>> = {
  'bare-lf': reply(554, '6.0', 'Content holds LF without CR'),
  'bare-cr': reply(554, '6.0', 'Content holds CR without LF'),
}

/** The one reply of each fault in a command. @rfc 5321 4.1.2 */
export const faultReplies: Readonly<Record<LineFault | CommandFault, Refusal>> = {
  'line-too-long': reply(500, '5.2', 'Line too long'),
  'bare-lf': reply(501, '5.2', 'LF without CR'),
  'bare-cr': reply(501, '5.2', 'CR without LF'),
  'control-character': reply(501, '5.2', 'Control character'),
  'not-ascii': reply(501, '5.2', 'Characters beyond ASCII'),
  'no-verb': reply(500, '5.2', 'Command missing'),
  'argument-syntax': reply(501, '5.4', 'Argument not recognized'),
  'argument-missing': reply(501, '5.4', 'Argument missing'),
  'parameter-syntax': reply(501, '5.4', 'Parameters not recognized'),
  'hello-name': reply(501, undefined, 'Not a host name'),
  'path-syntax': reply(501, '1.3', 'Address not recognized'),
  'path-too-long': reply(501, '1.3', 'Address too long'),
}

/** Where the address at fault is the sender's, the status says so. @rfc 3463 3.2 */
export const senderFaults: Readonly<Record<'path-syntax' | 'path-too-long', Refusal>> = {
  'path-syntax': reply(501, '1.7', 'Address not recognized'),
  'path-too-long': reply(501, '1.7', 'Address too long'),
}
