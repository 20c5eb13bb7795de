import {
  type AddressLimits,
  addressLimits,
  formatLocalPart,
  formatMailbox,
  parseLocalPart,
  parseMailbox,
} from '../address/mailbox.ts'
import {
  type ForwardPath,
  formatPath,
  type PathFault,
  type ReversePath,
  readForwardPath,
  readReversePath,
} from '../address/path.ts'
import { WireError } from '../error.ts'
import { asciiUpper, beyondAscii, encodeUtf8 } from '../octets.ts'
import { hasControl } from '../reply/reply.ts'
import { formatParameters, isKeyword, parseParameters, type RawParameter } from './parameters.ts'

/** A command of RFC 5321 (and LHLO of RFC 2033), or another verb with its argument untouched. */
export type Command =
  | { readonly kind: 'hello'; readonly verb: HelloVerb; readonly name: string }
  | { readonly kind: 'mail'; readonly reversePath: ReversePath; readonly parameters: readonly RawParameter[] }
  | { readonly kind: 'rcpt'; readonly forwardPath: ForwardPath; readonly parameters: readonly RawParameter[] }
  | { readonly kind: 'data' | 'rset' | 'quit' }
  | { readonly kind: 'noop' | 'help'; readonly argument: string }
  | { readonly kind: 'vrfy' | 'expn'; readonly argument: string; readonly utf8: boolean }
  | { readonly kind: 'other'; readonly verb: string; readonly argument: string }

/** Verbs that open a session. */
export type HelloVerb = 'HELO' | 'EHLO' | 'LHLO'

/** Why a line is not a command, or its verb's argument not what the grammar asks for. */
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
 * Reads one framed command line (no CRLF). Verbs and "FROM:"/"TO:" in any ASCII case.
 *
 * Deviations, all of them for clients that are met every day: blanks behind the argument (which RFC 5321 asks to take),
 * blanks behind "FROM:" and "TO:", more than one blank between words, and hello names with "_" and other characters no
 * host name has, as long as they cannot break out of a Received field. Text behind an address literal in a hello is
 * dropped, which RFC 5321 calls wise; a second word behind a name is a fault. VRFY and EXPN also take their argument in
 * the brackets of a path; it comes out in one spelling.
 *
 * @param limits with `utf8`, lines may hold what lies beyond ASCII
 * @rfc 5321 4.1.1
 * @rfc 5321 4.1.2
 */
export function parseCommand(text: string, limits: AddressLimits = addressLimits): Parsed {
  const line = text.slice(0, endOf(text))
  const space = line.indexOf(' ')
  const verb = asciiUpper(space === -1 ? line : line.slice(0, space))
  const argument = space === -1 ? '' : line.slice(startOf(line, space + 1))
  if (verb === '') return fault('no-verb', verb)
  if (limits.utf8 !== true && beyondAscii(line)) return fault('not-ascii', verb)
  switch (verb) {
    case 'HELO':
    case 'EHLO':
    case 'LHLO':
      return parseHello(verb, argument)
    case 'MAIL':
      return parseMail(argument, limits)
    case 'RCPT':
      return parseRcpt(argument, limits)
    case 'DATA':
      return argument === '' ? { kind: 'data' } : fault('argument-syntax', verb)
    case 'RSET':
      return argument === '' ? { kind: 'rset' } : fault('argument-syntax', verb)
    case 'QUIT':
      return argument === '' ? { kind: 'quit' } : fault('argument-syntax', verb)
    case 'NOOP':
      return { kind: 'noop', argument }
    case 'HELP':
      return { kind: 'help', argument }
    case 'VRFY':
      return parseLookup('vrfy', argument, limits)
    case 'EXPN':
      return parseLookup('expn', argument, limits)
    default:
      return { kind: 'other', verb, argument }
  }
}

/**
 * A command as octets with its CRLF, as UTF-8.
 *
 * @throws WireError UNSAFE_TEXT when a value would break the line, or one word of it into two
 * @rfc 5321 4.1.1
 */
export function formatCommand(command: Command): Uint8Array {
  const line = commandText(command)
  if (hasControl(line)) throw unsafe('a command holds a control character', command.kind)
  return encodeUtf8(`${line}\r\n`)
}

function commandText(command: Command): string {
  switch (command.kind) {
    case 'hello':
      if (command.name === '' || command.name.includes(' ')) throw unsafe('a hello name is one word', 'hello')
      // @rfc 6531 3.7.1
      if (beyondAscii(command.name)) throw unsafe('a hello name is ASCII', 'hello')
      return `${command.verb} ${command.name}`
    case 'mail':
      return `MAIL FROM:${formatPath(command.reversePath)}${formatParameters(command.parameters)}`
    case 'rcpt':
      return `RCPT TO:${formatPath(command.forwardPath)}${formatParameters(command.parameters)}`
    case 'data':
      return 'DATA'
    case 'rset':
      return 'RSET'
    case 'quit':
      return 'QUIT'
    case 'other':
      if (!isKeyword(asciiUpper(command.verb))) throw unsafe(`${command.verb} is no verb`, 'verb')
      return withArgument(command.verb, command.argument)
    case 'vrfy':
    case 'expn':
      return `${asciiUpper(command.kind)} ${command.argument}${command.utf8 ? ' SMTPUTF8' : ''}`
    default:
      return withArgument(asciiUpper(command.kind), command.argument)
  }
}

const withArgument = (verb: string, argument: string): string => (argument === '' ? verb : `${verb} ${argument}`)

const unsafe = (message: string, where: string): WireError<'UNSAFE_TEXT'> =>
  new WireError('UNSAFE_TEXT', message, { where })

const fault = (name: CommandFault, verb: string): Parsed => ({ kind: 'fault', fault: name, verb })

function parseHello(verb: HelloVerb, argument: string): Parsed {
  if (argument === '') return fault('argument-missing', verb)
  const space = argument.indexOf(' ')
  const name = space === -1 ? argument : argument.slice(0, space)
  // RFC 2821 had information follow a literal.
  if (space !== -1 && !name.startsWith('[')) return fault('hello-name', verb)
  return isHelloName(name) ? { kind: 'hello', verb, name } : fault('hello-name', verb)
}

function parseMail(argument: string, limits: AddressLimits): Parsed {
  if (asciiUpper(argument.slice(0, 5)) !== 'FROM:') return fault('argument-syntax', 'MAIL')
  const rest = argument.slice(startOf(argument, 5))
  const path = readReversePath(rest, limits)
  if (path.kind === 'fault') return fault(path.fault, 'MAIL')
  const parameters = parseTail(rest, path.consumed, limits)
  if (parameters === undefined) return fault('parameter-syntax', 'MAIL')
  return { kind: 'mail', reversePath: path.value, parameters }
}

function parseRcpt(argument: string, limits: AddressLimits): Parsed {
  if (asciiUpper(argument.slice(0, 3)) !== 'TO:') return fault('argument-syntax', 'RCPT')
  const rest = argument.slice(startOf(argument, 3))
  const path = readForwardPath(rest, limits)
  if (path.kind === 'fault') return fault(path.fault, 'RCPT')
  const parameters = parseTail(rest, path.consumed, limits)
  if (parameters === undefined) return fault('parameter-syntax', 'RCPT')
  return { kind: 'rcpt', forwardPath: path.value, parameters }
}

/**
 * ```abnf
 * vrfy = "VRFY" SP String [ SP "SMTPUTF8" ] CRLF
 * ```
 * The String is a local-part or a mailbox; anything else names nobody.
 *
 * @rfc 5321 4.1.1.6
 * @rfc 5321 4.1.1.7
 * @rfc 6531 3.7.4.2
 */
function parseLookup(kind: 'vrfy' | 'expn', text: string, limits: AddressLimits): Parsed {
  const verb = asciiUpper(kind)
  if (text === '') return fault('argument-missing', verb)
  const space = text.lastIndexOf(' ')
  const utf8 = limits.utf8 === true && space !== -1 && asciiUpper(text.slice(space + 1)) === 'SMTPUTF8'
  let string = utf8 ? text.slice(0, endOf(text.slice(0, space))) : text
  if (string.startsWith('<') && string.endsWith('>')) string = string.slice(1, -1)
  const mailbox = parseMailbox(string, limits)
  const localPart = mailbox === undefined ? parseLocalPart(string, limits) : undefined
  if (mailbox !== undefined) return { kind, argument: formatMailbox(mailbox), utf8 }
  return localPart === undefined ? fault('argument-syntax', verb) : { kind, argument: formatLocalPart(localPart), utf8 }
}

function parseTail(text: string, at: number, limits: AddressLimits): readonly RawParameter[] | undefined {
  if (at === text.length) return noParameters
  return text.charCodeAt(at) === SP ? parseParameters(text.slice(at + 1), limits.utf8 === true) : undefined
}

const noParameters: readonly RawParameter[] = Object.freeze([])

/** Letters, digits and marks that cannot break out of a Received field. */
const isHelloName = (name: string): boolean => /^[A-Za-z0-9_.:[\]+~*-]{1,255}$/.test(name)

/** Where the text ends but for blanks. */
function endOf(text: string): number {
  let end = text.length
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1
  return end
}

/** Where it goes on behind blanks. */
function startOf(text: string, from: number): number {
  let start = from
  while (start < text.length && isBlank(text.charCodeAt(start))) start += 1
  return start
}

const isBlank = (code: number): boolean => code === SP || code === 0x09

const SP = 0x20
