import { type Command, formatCommand } from '../command/command.ts'
import { formatParameters, type RawParameter } from '../command/parameters.ts'
import { WireError } from '../error.ts'
import type { Owned, Registry } from '../extension/registry.ts'
import type { ParameterCodec, TransactionWish } from '../extension/types.ts'
import { encodeUtf8 } from '../octets.ts'
import type { Refusal } from '../reply/reply.ts'
import type { Offers, OutgoingTransaction } from './contract.ts'

/** A transaction as command lines, or the extension that forbids it. */
export type PlannedTransaction =
  | { readonly kind: 'send'; readonly mail: Uint8Array; readonly rcpts: readonly Uint8Array[] }
  | { readonly kind: 'veto'; readonly reply: Refusal; readonly by: string }

/**
 * Asks every extension what it adds to a transaction with this server, and writes the lines.
 *
 * @throws WireError UNSAFE_TEXT for a line that would break or is longer than its command may be
 */
export function planTransaction(
  transaction: OutgoingTransaction,
  registry: Registry,
  offers: Offers,
): PlannedTransaction {
  const wish: TransactionWish = {
    reversePath: transaction.reversePath,
    recipients: transaction.recipients.map((recipient) => recipient.forwardPath),
    size: transaction.size,
    eightBit: transaction.eightBit,
  }
  const mail = new Map(transaction.parameters)
  const everyRcpt: RawParameter[] = []
  for (const extension of registry.extensions) {
    const plan = extension.client.plan(wish, offers.get(extension.keyword))
    if (plan.kind === 'veto') return { kind: 'veto', reply: plan.reply, by: extension.name }
    for (const [keyword, value] of plan.mail ?? []) mail.set(keyword, value)
    everyRcpt.push(...(plan.rcpt ?? []))
  }
  const { reversePath } = transaction
  return {
    kind: 'send',
    mail: line({ kind: 'mail', reversePath, parameters: [...mail] }, registry.mail),
    rcpts: transaction.recipients.map(({ forwardPath, parameters }) => {
      const rcpt = new Map([...(parameters ?? []), ...everyRcpt])
      return line({ kind: 'rcpt', forwardPath, parameters: [...rcpt] }, registry.rcpt)
    }),
  }
}

type Codecs = ReadonlyMap<string, Owned<ParameterCodec<unknown>>>

/** @rfc 5321 4.5.3.1.4 */
function line(command: Extract<Command, { kind: 'mail' | 'rcpt' }>, codecs: Codecs): Uint8Array {
  let room = COMMAND_OCTETS
  for (const parameter of command.parameters) {
    const codec = codecs.get(parameter[0])?.value
    if (codec === undefined) continue
    if (encodeUtf8(formatParameters([parameter])).length > codec.maxOctets) throw tooLong(parameter[0])
    room += codec.maxOctets
  }
  const octets = formatCommand(command)
  if (octets.length > room) throw tooLong(command.kind)
  return octets
}

function tooLong(where: string): WireError<'UNSAFE_TEXT'> {
  return new WireError('UNSAFE_TEXT', `${where} is longer than may be sent`, { where })
}

const COMMAND_OCTETS = 512
