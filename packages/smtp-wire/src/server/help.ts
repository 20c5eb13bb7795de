import { asciiUpper } from '../octets.ts'
import { type Refusal, type Reply, reply } from '../reply/reply.ts'
import { noHelp } from './replies.ts'
import type { SessionState } from './state.ts'

/**
 * Answers HELP: the verbs of this session, or the syntax of the one that is asked for. Verbs of extensions are those
 * that the last hello offered.
 *
 * @rfc 5321 4.1.1.8
 */
export function answerHelp(topic: string, state: SessionState): Reply<214> | Refusal {
  const lines = syntaxLines(state)
  if (topic === '')
    return reply(214, '0.0', `Commands: ${[...lines.keys()].join(' ')}`, 'HELP <command> tells its syntax')
  const line = lines.get(asciiUpper(topic))
  return line === undefined ? noHelp : reply(214, '0.0', `Syntax: ${line}`)
}

function syntaxLines({ lmtp, registry, grant }: SessionState): ReadonlyMap<string, string> {
  const lines = new Map(lmtp ? lmtpHellos : smtpHellos)
  for (const [verb, line] of coreSyntax) if (verb !== 'EXPN' || registry.keywords.has('EXPN')) lines.set(verb, line)
  for (const [verb, { owner, value }] of registry.verbs)
    if (grant.offered.has(owner)) lines.set(verb, value.syntax ?? verb)
  return lines
}

type Row = readonly [verb: string, syntax: string]

const smtpHellos: readonly Row[] = [
  ['EHLO', 'EHLO <domain or address literal>'],
  ['HELO', 'HELO <domain>'],
]
const lmtpHellos: readonly Row[] = [['LHLO', 'LHLO <domain or address literal>']]
const coreSyntax: readonly Row[] = [
  ['MAIL', 'MAIL FROM:<address> [parameters]'],
  ['RCPT', 'RCPT TO:<address> [parameters]'],
  ['DATA', 'DATA'],
  ['RSET', 'RSET'],
  ['NOOP', 'NOOP [text]'],
  ['QUIT', 'QUIT'],
  ['VRFY', 'VRFY <user or address>'],
  ['EXPN', 'EXPN <list or address>'],
  ['HELP', 'HELP [command]'],
]
