import { type AddressLimits, addressLimits } from '../address/mailbox.ts'
import {
  type ForwardPath,
  formatPath,
  type PathFault,
  type ReversePath,
  readForwardPath,
  readReversePath,
} from '../address/path.ts'
import { WireError } from '../error.ts'
import { asciiUpper, encodeUtf8 } from '../octets.ts'
import { hasControl } from '../reply/reply.ts'
import { formatParameters, parseParameters, type RawParameter } from './parameters.ts'

/** A command of RFC 5321 (and LHLO of RFC 2033), or another verb with its argument untouched. */
export type Command =
  | { readonly kind: 'hello'; readonly verb: 'HELO' | 'EHLO' | 'LHLO'; readonly name: string }
  | { readonly kind: 'mail'; readonly reversePath: ReversePath; readonly parameters: readonly RawParameter[] }
  | { readonly kind: 'rcpt'; readonly forwardPath: ForwardPath; readonly parameters: readonly RawParameter[] }
  | { readonly kind: 'data' | 'rset' | 'quit' }
  | { readonly kind: 'noop' | 'help' | 'vrfy' | 'expn'; readonly argument: string }
  | { readonly kind: 'other'; readonly verb: string; readonly argument: string }

/** Why a line with a known verb is not that command. */
export type CommandFault =
  | 'not-ascii'
  | 'no-verb'
  | 'argument-syntax'
  | 'argument-missing'
  | 'parameter-syntax'
  | 'hello-name'
  | PathFault

/** A command, or what is wrong with it. */
export type Parsed = Command | { readonly kind: 'fault'; readonly fault: CommandFault; readonly verb: string }

/**
 * Reads one framed command line (no CRLF). Verbs and "FROM:"/"TO:" in any ASCII case; no blank is needed or allowed
 * where the grammar has none, except the one many clients put behind the colon.
 *
 * @rfc 5321 4.1.1
 */
export function parseCommand(line: string, limits: AddressLimits = addressLimits): Parsed {
  const space = line.indexOf(' ')
  const verb = asciiUpper(space === -1 ? line : line.slice(0, space))
  const argument = space === -1 ? '' : trimBlanks(line.slice(space + 1))
  if (verb === '') return { kind: 'fault', fault: 'no-verb', verb: '' }
  for (let i = 0; i < line.length; i++)
    if (line.charCodeAt(i) > 0x7e) return { kind: 'fault', fault: 'not-ascii', verb }
  switch (verb) {
    case 'HELO':
    case 'EHLO':
    case 'LHLO':
      if (argument === '') return { kind: 'fault', fault: 'argument-missing', verb }
      if (!isHelloName(argument)) return { kind: 'fault', fault: 'hello-name', verb }
      return { kind: 'hello', verb, name: argument }
    case 'MAIL':
      return parsePathCommand(verb, argument, 'FROM:', limits)
    case 'RCPT':
      return parsePathCommand(verb, argument, 'TO:', limits)
    case 'DATA':
    case 'RSET':
    case 'QUIT':
      if (argument !== '') return { kind: 'fault', fault: 'argument-syntax', verb }
      return { kind: verb === 'DATA' ? 'data' : verb === 'RSET' ? 'rset' : 'quit' }
    case 'NOOP':
      return { kind: 'noop', argument }
    case 'HELP':
      return { kind: 'help', argument }
    case 'VRFY':
    case 'EXPN':
      if (argument === '') return { kind: 'fault', fault: 'argument-missing', verb }
      return { kind: verb === 'VRFY' ? 'vrfy' : 'expn', argument }
    default:
      return { kind: 'other', verb, argument }
  }
}

/**
 * A command as octets with its CRLF, as UTF-8.
 *
 * @throws WireError UNSAFE_TEXT when a value would break the line
 * @rfc 5321 4.1.1
 */
export function formatCommand(command: Command): Uint8Array {
  const line = commandText(command)
  if (hasControl(line))
    throw new WireError('UNSAFE_TEXT', 'a command holds a control character', { where: command.kind })
  return encodeUtf8(`${line}\r\n`)
}

function commandText(command: Command): string {
  switch (command.kind) {
    case 'hello':
      return `${command.verb} ${command.name}`
    case 'mail':
      return `MAIL FROM:${formatPath(command.reversePath)}${formatParameters(command.parameters)}`
    case 'rcpt':
      return `RCPT TO:${formatPath(command.forwardPath)}${formatParameters(command.parameters)}`
    case 'data':
    case 'rset':
    case 'quit':
      return command.kind.toUpperCase()
    case 'other':
      return withArgument(command.verb, command.argument)
    default:
      return withArgument(command.kind.toUpperCase(), command.argument)
  }
}

const withArgument = (verb: string, argument: string): string => (argument === '' ? verb : `${verb} ${argument}`)

function parsePathCommand(verb: 'MAIL' | 'RCPT', argument: string, keyword: string, limits: AddressLimits): Parsed {
  if (asciiUpper(argument.slice(0, keyword.length)) !== keyword)
    return { kind: 'fault', fault: 'argument-syntax', verb }
  const rest = trimBlanks(argument.slice(keyword.length))
  const path = verb === 'MAIL' ? readReversePath(rest, limits) : readForwardPath(rest, limits)
  if (path.kind === 'fault') return { kind: 'fault', fault: path.fault, verb }
  const tail = rest.slice(path.consumed)
  const parameters = tail === '' ? [] : tail.startsWith(' ') ? parseParameters(tail) : undefined
  if (parameters === undefined) return { kind: 'fault', fault: 'parameter-syntax', verb }
  return verb === 'MAIL'
    ? { kind: 'mail', reversePath: path.value as ReversePath, parameters }
    : { kind: 'rcpt', forwardPath: path.value as ForwardPath, parameters }
}

/**
 * Many hosts greet with names the grammar does not allow (underscores, a bare word); those do no harm. What could
 * break out of a Received field does.
 */
function isHelloName(name: string): boolean {
  return name.length <= 255 && /^[A-Za-z0-9_.:[\]+~*-]+$/.test(name)
}

function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
