import type { Reply } from '../reply/reply.ts'
import { DataOutput } from './content.ts'
import type { ReplyEvent } from './events.ts'
import { noOffers, readOffers } from './offers.ts'
import type { ClientState } from './state.ts'
import { loneDot, type PendingCommand, quit, replyTable } from './table.ts'
import type { ClientTransaction } from './transaction.ts'

/** Takes the next reply, for the command that is next to be answered. */
export function takeReply(state: ClientState, reply: Reply): void {
  const command = state.pipeline.answered()
  if (command === undefined) {
    takeUnasked(state, reply)
    return
  }
  const { phase } = command
  state.phase = phase
  state.since = state.now()
  if (!fits(command, reply)) state.lose('unsolicited', phase, reply)
  else if (phase === 'greeting' || phase === 'hello') takeOpening(state, phase, reply)
  else if (phase === 'end') takeEnd(state, reply)
  else if (state.transaction !== undefined) takeInTransaction(state, state.transaction, command, reply)
  else takeAlone(state, phase as ReplyEvent['phase'], reply)
}

const fits = ({ phase }: Pick<PendingCommand, 'phase'>, reply: Reply): boolean =>
  replyTable[phase].classes.includes(Math.floor(reply.code / 100))

/** A 421 may come at any time; while content flows a refusal is one, only early. @rfc 5321 3.8 */
function takeUnasked(state: ClientState, reply: Reply): void {
  const { phase } = state
  if (reply.code === 421) state.lose('closed', phase, reply)
  else {
    if (state.content !== undefined && fits({ phase }, reply)) state.transaction?.refuse(reply, phase)
    state.lose('unsolicited', phase, reply)
  }
}

function takeOpening(state: ClientState, phase: 'greeting' | 'hello', reply: Reply): void {
  if (phase === 'greeting') state.greeting = reply
  if (reply.code >= 500 && phase === 'hello' && state.verb === 'EHLO') state.hello('HELO')
  else if (reply.code >= 300) {
    state.told.push({ kind: 'refused', phase, reply })
    if (reply.code !== 421) state.put(quit.octets)
    state.mode = 'closing'
  } else if (phase === 'greeting') state.hello(state.verb)
  else takeHello(state, reply)
}

/** HELO grants nothing. @rfc 5321 4.1.1.1 */
function takeHello(state: ClientState, hello: Reply): void {
  const offers = state.verb === 'HELO' ? noOffers : readOffers(hello)
  state.offers = offers
  state.known = new Map(
    [...offers].filter(([keyword]) => state.registry.extensions.some((one) => one.keyword === keyword)),
  )
  state.pipeline.grouped = state.registry.extensions.some(
    ({ switches, keyword }) => switches.pipelining === true && offers.has(keyword),
  )
  state.chunking =
    state.pipeline.grouped &&
    state.registry.extensions.some(({ switches, keyword }) => switches.chunking === true && offers.has(keyword))
  state.ready = true
  state.told.push({ kind: 'ready', greeting: state.greeting ?? hello, hello, offers })
}

/** The reply to a command outside a transaction. */
function takeAlone(state: ClientState, phase: ReplyEvent['phase'], reply: Reply): void {
  state.told.push({ kind: 'reply', phase, reply })
  state.challenged = phase === 'verb' && reply.code === 334
  if (phase === 'verb' && reply.code === 235) state.authenticated = true
  if (phase === 'quit') state.mode = 'closing'
  else if (reply.code === 421) state.lose('closed', phase, reply)
  else if (phase === 'rset' && reply.code < 300) state.stale = false
  else if (phase === 'starttls' && reply.code < 300) {
    if (state.input.waiting > 0) state.lose('input-before-tls', phase)
    else state.mode = 'want-tls'
  }
}

function takeInTransaction(
  state: ClientState,
  transaction: ClientTransaction,
  { phase, recipient = 0 }: PendingCommand,
  reply: Reply,
): void {
  if (reply.code === 421) {
    state.lose('closed', phase, reply)
    return
  }
  const refused = reply.code >= 400
  switch (phase) {
    case 'rset':
      // A server that cannot forget the last transaction is not told of another.
      if (refused) state.lose('unsolicited', phase, reply)
      else state.stale = false
      break
    case 'mail':
      if (refused) {
        transaction.refuse(reply, phase)
        state.pipeline.dropUnsent()
      } else state.stale = true
      break
    case 'rcpt':
      transaction.recipient(recipient, reply)
      break
    case 'chunk':
      // A server that has refused one refuses all that follow.
      if (refused) transaction.refuse(reply, phase)
      if (state.content !== undefined) state.phase = 'content'
      break
    case 'data':
      if (refused) transaction.refuse(reply, phase)
      else startContent(state, transaction, reply)
      break
  }
}

/** 354 with nobody accepted is answered by a lone dot; LMTP has no reply to that, and forbids it. @rfc 2920 3.1 @rfc 2033 4.2 */
function startContent(state: ClientState, transaction: ClientTransaction, reply: Reply): void {
  if (transaction.accepted.length > 0) {
    state.startContent(new DataOutput())
  } else if (state.lmtp) state.lose('unsolicited', 'data', reply)
  else {
    state.put(loneDot.octets)
    state.await(loneDot)
  }
}

function takeEnd(state: ClientState, reply: Reply): void {
  state.stale = false
  state.transaction?.end(reply, state.lmtp)
  // Under LMTP, replies for other recipients may follow a 421.
  if (reply.code === 421) state.leaving = reply
}
