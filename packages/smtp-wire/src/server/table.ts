import type { Phase } from '../extension/types.ts'
import { type Refusal, reply } from '../reply/reply.ts'

/** Commands the table knows. */
export type TableVerb = 'hello' | 'mail' | 'rcpt' | 'data' | 'rset' | 'noop' | 'quit' | 'vrfy' | 'expn' | 'help'

/** Where a command leads when it is accepted, or the refusal it meets. A refusal leaves the phase as it is. */
export type CommandRow = Readonly<Record<TableVerb, Phase | Refusal>>

const needHello: Refusal = reply(503, '5.1', 'Say hello first')
const needMail: Refusal = reply(503, '5.1', 'Need MAIL first')
const needRcpt: Refusal = reply(503, '5.1', 'Need a valid RCPT first')
const nested: Refusal = reply(503, '5.1', 'A transaction is already open')
const chunked: Refusal = reply(503, '5.1', 'BDAT has begun: go on with BDAT or RSET')

/**
 * The session's states and commands. `data` leads where its content's end does. Verbs of extensions carry their phases
 * themselves; BDAT leads from `rcpt` to `chunking`.
 *
 * @rfc 5321 4.1.4
 * @rfc 3030 2
 */
export const commandTable: Readonly<Record<Phase, CommandRow>> = {
  fresh: row('fresh', { mail: needHello, rcpt: needHello, data: needHello, rset: 'fresh' }),
  ready: row('ready', { mail: 'mail', rcpt: needMail, data: needMail, rset: 'ready' }),
  mail: row('mail', { mail: nested, rcpt: 'rcpt', data: needRcpt, rset: 'ready' }),
  rcpt: row('rcpt', { mail: nested, rcpt: 'rcpt', data: 'ready', rset: 'ready' }),
  chunking: row('chunking', { mail: nested, rcpt: chunked, data: chunked, rset: 'ready' }),
}

/** Where an accepted command leads. */
export function nextPhase(from: Phase, verb: TableVerb): Phase {
  const to = commandTable[from][verb]
  return typeof to === 'string' ? to : from
}

function row(same: Phase, of: Pick<CommandRow, 'mail' | 'rcpt' | 'data' | 'rset'>): CommandRow {
  return { ...of, hello: 'ready', noop: same, quit: same, vrfy: same, expn: same, help: same }
}
