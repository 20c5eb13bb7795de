import type { Phase } from '../extension/types.ts'
import { type Reply, reply } from '../reply/reply.ts'

/** Commands the table knows. */
export type TableVerb = 'hello' | 'mail' | 'rcpt' | 'data' | 'rset' | 'noop' | 'quit' | 'vrfy' | 'expn' | 'help'

const needHello: Reply<503> = reply(503, '5.1', 'Say hello first')
const needMail: Reply<503> = reply(503, '5.1', 'Need MAIL first')
const needRcpt: Reply<503> = reply(503, '5.1', 'Need RCPT first')
const nested: Reply<503> = reply(503, '5.1', 'A transaction is already open')
const chunked: Reply<503> = reply(503, '5.1', 'BDAT has begun: go on with BDAT or RSET')

/**
 * State and command: run it, or this refusal. What a command does to the state is written beside it in the session;
 * a row's refusals change nothing.
 *
 * @rfc 5321 4.1.4
 */
export const commandTable: Readonly<Record<Phase, Readonly<Record<TableVerb, 'run' | Reply>>>> = {
  fresh: row({ mail: needHello, rcpt: needHello, data: needHello }),
  ready: row({ mail: 'run', rcpt: needMail, data: needMail }),
  mail: row({ mail: nested, rcpt: 'run', data: needRcpt }),
  rcpt: row({ mail: nested, rcpt: 'run', data: 'run' }),
  chunking: row({ mail: nested, rcpt: chunked, data: chunked }),
}

function row(of: Record<'mail' | 'rcpt' | 'data', 'run' | Reply>): Record<TableVerb, 'run' | Reply> {
  return { ...of, hello: 'run', rset: 'run', noop: 'run', quit: 'run', vrfy: 'run', expn: 'run', help: 'run' }
}
