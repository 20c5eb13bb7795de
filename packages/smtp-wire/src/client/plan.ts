import { formatCommand } from '../command/command.ts'
import { formatParameters, type RawParameter } from '../command/parameters.ts'
import { WireError } from '../error.ts'
import type { Owned, Registry } from '../extension/registry.ts'
import type { AnyExtension, ParameterCodec, Plan, ServerFacts, TransactionWish, Veto } from '../extension/types.ts'
import { encodeUtf8 } from '../octets.ts'
import { type Refusal, reply } from '../reply/reply.ts'
import type { OutgoingTransaction } from './contract.ts'

/** Why something is not sent: what the extension's plan says in place of the server. */
interface Forbidden {
  readonly reply: Refusal
  readonly by: string
}

/** A transaction as command lines, or the extension that forbids it. A recipient may be forbidden alone. */
export type PlannedTransaction =
  | { readonly kind: 'send'; readonly mail: Uint8Array; readonly rcpts: readonly (Uint8Array | Forbidden)[] }
  | ({ readonly kind: 'veto' } & Forbidden)

/**
 * Asks every extension what it adds to a transaction with this server, and writes the lines.
 *
 * @throws WireError UNSAFE_TEXT for a line that would break or is longer than its command may be
 */
export function planTransaction(
  transaction: OutgoingTransaction,
  registry: Registry,
  server: ServerFacts,
): PlannedTransaction {
  const { reversePath, recipients } = transaction
  const mail: RawParameter[] = []
  const rcpts = recipients.map((): RawParameter[] => [])
  const forbidden = new Map<number, Forbidden>()
  const bare: Bare = {
    wish: wishOf(transaction, none, noValues),
    plain: recipients.every(({ parameters }) => parameters === undefined || parameters.length === 0),
  }
  for (const extension of registry.extensions) {
    if (extension.client === undefined) {
      if (server.offers.has(extension.keyword)) carryOn(extension, transaction, mail, rcpts)
      continue
    }
    const by = extension.name
    const plan = ask(extension, transaction, bare, server)
    if (plan.kind === 'veto') return { kind: 'veto', reply: plan.reply, by }
    write(extension.mail, plan.mail, mail)
    if (plan.rcpt === undefined) continue
    for (const [index, one] of plan.rcpt.entries()) {
      if (one.kind === 'send') write(extension.rcpt, one.parameters, rcpts[index])
      else if (!forbidden.has(index)) forbidden.set(index, { reply: one.reply, by })
    }
  }
  return {
    kind: 'send',
    mail: line(formatCommand({ kind: 'mail', reversePath, parameters: mail }), mail, registry.mail),
    rcpts: recipients.map(({ forwardPath }, index) => {
      const parameters = rcpts[index] ?? []
      return (
        forbidden.get(index) ??
        line(formatCommand({ kind: 'rcpt', forwardPath, parameters }), parameters, registry.rcpt)
      )
    }),
  }
}

/** Parameters of an extension without a client half go on as they came. */
function carryOn(
  extension: AnyExtension,
  { parameters = [], recipients }: OutgoingTransaction,
  mail: RawParameter[],
  rcpts: readonly RawParameter[][],
): void {
  mail.push(...own(parameters, extension.mail))
  for (const [index, recipient] of recipients.entries())
    rcpts[index]?.push(...own(recipient.parameters ?? [], extension.rcpt))
}

const own = (parameters: readonly RawParameter[], codecs: Codecs): readonly RawParameter[] =>
  parameters.filter(([keyword]) => Object.hasOwn(codecs, keyword))

/** What is the same for all extensions whose parameters did not come along, which most do not. */
interface Bare {
  readonly wish: TransactionWish
  /** No recipient has any parameter. */
  readonly plain: boolean
}

function ask(extension: AnyExtension, transaction: OutgoingTransaction, bare: Bare, server: ServerFacts): Plan | Veto {
  const mail = read(extension.mail, transaction.parameters)
  if (mail === undefined) return unreadable
  const rcpts = bare.plain ? noValues : transaction.recipients.map(({ parameters }) => read(extension.rcpt, parameters))
  const isBare = mail === none && rcpts.every((values) => values === none)
  const wish = isBare ? bare.wish : wishOf(transaction, mail, rcpts)
  const plan = extension.client?.plan(wish, server.offers.get(extension.keyword), server) ?? { kind: 'send' }
  if (plan.kind === 'veto' || isBare || !rcpts.includes(undefined)) return plan
  const rcpt = rcpts.map((values, index) =>
    values === undefined ? unreadable : (plan.rcpt?.[index] ?? { kind: 'send' as const, parameters: {} }),
  )
  return { ...plan, rcpt }
}

/** @param rcpts values of each recipient; of one that has none, and where there are none, an empty record */
function wishOf(
  { reversePath, recipients, size, body, utf8Header }: OutgoingTransaction,
  parameters: Values,
  rcpts: readonly (Values | undefined)[],
): TransactionWish {
  const addressed = recipients.map(({ forwardPath }, index) => ({ forwardPath, parameters: rcpts[index] ?? none }))
  return { reversePath, parameters, recipients: addressed, size, body, utf8Header }
}

type Codecs = Readonly<Record<string, ParameterCodec<unknown>>>
type Values = Readonly<Record<string, unknown>>

/** `undefined` where one is not in its grammar: accepted when another list of extensions was in force. */
function read(codecs: Codecs, parameters: readonly RawParameter[] | undefined): Values | undefined {
  if (parameters === undefined || parameters.length === 0) return none
  let values: Record<string, unknown> | undefined
  for (const [keyword, text] of parameters) {
    if (!Object.hasOwn(codecs, keyword)) continue
    const value = codecs[keyword]?.parse(text)
    if (value === undefined) return undefined
    values ??= {}
    values[keyword] = value
  }
  return values ?? none
}

function write(codecs: Codecs, values: Values | undefined, parameters: RawParameter[] | undefined): void {
  for (const keyword in values) {
    const value = values[keyword]
    const codec = codecs[keyword]
    if (codec === undefined) throw new WireError('UNSAFE_TEXT', `no codec of ${keyword}`, { where: keyword })
    if (value !== undefined) parameters?.push([keyword, codec.format(value)])
  }
}

/** @rfc 5321 4.5.3.1.4 */
function line(
  octets: Uint8Array,
  parameters: readonly RawParameter[],
  codecs: ReadonlyMap<string, Owned<ParameterCodec<unknown>>>,
): Uint8Array {
  let room = COMMAND_OCTETS
  for (const parameter of parameters) {
    const most = codecs.get(parameter[0])?.value.maxOctets ?? 0
    if (encodeUtf8(formatParameters([parameter])).length > most) throw tooLong(parameter[0])
    room += most
  }
  if (octets.length > room) throw tooLong('command')
  return octets
}

function tooLong(where: string): WireError<'UNSAFE_TEXT'> {
  return new WireError('UNSAFE_TEXT', `${where} is longer than may be sent`, { where })
}

const none: Values = Object.freeze({})
const noValues: readonly (Values | undefined)[] = []
const unreadable: Veto = {
  kind: 'veto',
  reply: reply(554, '5.4', 'A parameter the message was accepted with cannot be read any more'),
}
const COMMAND_OCTETS = 512
