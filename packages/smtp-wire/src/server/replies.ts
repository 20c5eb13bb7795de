import type { CommandFault } from '../command/command.ts'
import type { LineFault } from '../command/line.ts'
import type { DataFault } from '../content/unstuff.ts'
import { type Refusal, type Reply, reply } from '../reply/reply.ts'

/** Replies the session gives by itself. */
export const ok: Reply<250> = reply(250, '0.0', 'OK')
export const bye: Reply<221> = reply(221, '0.0', 'Bye')
export const sendContent: Reply<354> = reply(354, undefined, 'End with a line that holds only a dot')
export const unknownVerb: Refusal = reply(500, '5.2', 'Command not recognized')
export const wrongHello: Refusal = reply(500, '5.1', 'Not the greeting of this protocol')
export const notHere: Reply<503> = reply(503, '5.1', 'Not at this point')
export const unknownParameter: Refusal = reply(555, '5.4', 'Parameter not recognized')
export const brokenParameter: Refusal = reply(501, '5.4', 'Parameter value not recognized')
export const earlyInput: Refusal = reply(554, '5.0', 'Input waited behind a command that must come last; closing')
export const foreignProtocol: Refusal = reply(554, '5.2', 'This is a mail server; closing')
export const tooManyErrors: Refusal = reply(421, '7.0', 'Too many errors; closing')
export const tooManyIdle: Refusal = reply(421, '7.0', 'Too many commands without mail; closing')
export const endlessLine: Refusal = reply(421, '5.2', 'Line without an end; closing')
export const timedOut: Refusal = reply(421, '4.2', 'Waited too long; closing')
export const goingDown: Refusal = reply(421, '3.2', 'Server is shutting down; come again')
export const messageTooBig: Refusal = reply(552, '3.4', 'Message is larger than this server accepts')
export const help: Reply<214> = reply(214, '0.0', 'See RFC 5321')

export const tooManyRecipients: Refusal = reply(452, '5.3', 'Too many recipients; send the rest in another transaction')

/** Content was read to its true end, and is refused for good: sent again it would be the same. @rfc 5321 2.3.8 */
export const contentFaults: Readonly<Record<DataFault, Refusal>> = {
  'bare-lf': reply(554, '6.0', 'Content holds LF without CR'),
  'bare-cr': reply(554, '6.0', 'Content holds CR without LF'),
}

/** The one reply of each fault in a command. */
export const faultReplies: Readonly<Record<LineFault | CommandFault, Refusal>> = {
  'line-too-long': reply(500, '5.2', 'Line too long'),
  'bare-lf': reply(554, '5.2', 'LF without CR'),
  'bare-cr': reply(554, '5.2', 'CR without LF'),
  'control-character': reply(500, '5.2', 'Control character'),
  'not-ascii': reply(553, '6.7', 'Octets above 127 need SMTPUTF8, which is not in use'),
  'no-verb': reply(500, '5.2', 'No command'),
  'argument-syntax': reply(501, '5.4', 'Argument not recognized'),
  'argument-missing': reply(501, '5.4', 'Argument missing'),
  'parameter-syntax': reply(501, '5.4', 'Parameters not recognized'),
  'hello-name': reply(501, '5.4', 'Not a host name'),
  'path-syntax': reply(501, '1.3', 'Not an address'),
  'path-too-long': reply(501, '1.3', 'Address too long'),
}
