import { encodeUtf8, nothing } from '../octets.ts'
import type { ClientPhase } from './contract.ts'
import type { ClientLimits } from './limits.ts'

/** A command: on its way out, or sent and waiting for its reply. */
export interface PendingCommand {
  readonly phase: ClientPhase
  readonly octets: Uint8Array
  /** Of RCPT: whose. */
  readonly recipient?: number
}

/** What each phase's reply may be, by first digit, and which bound holds for the time until it comes. */
export interface Row {
  readonly classes: readonly number[]
  readonly patience: Exclude<keyof ClientLimits, 'groupOctets' | 'reply'>
}

const verdicts = [2, 4, 5]

/**
 * Phase and reply: any other first digit is out of step, and loses the session.
 *
 * @rfc 5321 4.3.2
 * @rfc 5321 4.5.3.2
 */
export const replyTable: Readonly<Record<ClientPhase, Row>> = {
  greeting: { classes: verdicts, patience: 'greetingMs' },
  hello: { classes: verdicts, patience: 'commandMs' },
  starttls: { classes: verdicts, patience: 'commandMs' },
  verb: { classes: [2, 3, 4, 5], patience: 'commandMs' },
  mail: { classes: verdicts, patience: 'mailMs' },
  rcpt: { classes: verdicts, patience: 'rcptMs' },
  data: { classes: [3, 4, 5], patience: 'dataMs' },
  content: { classes: [4, 5], patience: 'contentMs' },
  chunk: { classes: verdicts, patience: 'contentMs' },
  end: { classes: verdicts, patience: 'endMs' },
  rset: { classes: verdicts, patience: 'commandMs' },
  quit: { classes: verdicts, patience: 'quitMs' },
}

const command = (phase: ClientPhase, line: string): PendingCommand => ({ phase, octets: encodeUtf8(`${line}\r\n`) })

export const startTls: PendingCommand = command('starttls', 'STARTTLS')
export const data: PendingCommand = command('data', 'DATA')
export const rset: PendingCommand = command('rset', 'RSET')
export const quit: PendingCommand = command('quit', 'QUIT')
/** For content that is for nobody. */
export const loneDot: PendingCommand = command('end', '.')
/** What a server says without being sent a command: its greeting, and each reply to a final dot. */
export const greeting: PendingCommand = { phase: 'greeting', octets: nothing }
export const end: PendingCommand = { phase: 'end', octets: nothing }
/** Its command leaves with the content. */
export const chunk: PendingCommand = { phase: 'chunk', octets: nothing }
