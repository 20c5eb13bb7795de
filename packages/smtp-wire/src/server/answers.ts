import { beyondAscii } from '../octets.ts'
import { type Reply, reply } from '../reply/reply.ts'
import { openTransaction } from './content.ts'
import { ChunkInput, DataInput } from './content-input.ts'
import type { Answerable, Answers, HelloEvent, LookupEvent, MailEvent, RcptEvent, VerbEvent } from './events.ts'
import { answerHelo, grantHello, noGrant } from './hello.ts'
import * as replies from './replies.ts'
import type { SessionState } from './state.ts'
import { nextPhase } from './table.ts'
import type { OpenTransaction } from './transaction.ts'

/** Does what the owner answered. The event is owed no more. */
export function applyAnswer(state: SessionState, event: Answerable, answer: Answers[keyof Answers]): void {
  if (state.input.waiting > 0 && endsGroup(state, event)) {
    if (event.kind === 'greet') state.endPlain('early-input', replies.earlyInput)
    else state.end('early-input', replies.earlyInput)
    return
  }
  switch (event.kind) {
    case 'greet':
      greet(state, answer as Answers['greet'])
      break
    case 'hello':
      hello(state, event, answer as Answers['hello'])
      break
    case 'mail':
      mail(state, event, answer as Answers['mail'])
      break
    case 'rcpt':
      rcpt(state, event, answer as Answers['rcpt'])
      break
    case 'data-start':
      dataStart(state, answer as Answers['data-start'])
      break
    case 'data-end':
      dataEnd(state, answer as Answers['data-end'])
      break
    case 'verb':
      verb(state, event, answer as Answers['verb'])
      break
    case 'lookup':
      lookup(state, event, answer as Answers['lookup'])
      break
  }
}

/** Nothing may have come in behind these while the answer was thought over. @rfc 2920 3.1 @rfc 5321 4.3.1 */
function endsGroup(state: SessionState, event: Answerable): boolean {
  switch (event.kind) {
    case 'greet':
    case 'hello':
      return true
    case 'data-start':
      return state.content === undefined
    case 'verb':
      return state.registry.verbs.get(event.verb)?.value.barrier === true
    default:
      return false
  }
}

function greet(state: SessionState, greeting: Answers['greet']): void {
  state.sendPlain(greeting)
  if (greeting.code === 421) state.close('closing')
  else if (greeting.code !== 220) state.rejection = greeting
}

/** A refused hello changes nothing. @rfc 5321 4.1.4 */
function hello(state: SessionState, event: HelloEvent, answer: Answers['hello']): void {
  if (answer !== 'accept') {
    state.sendPlain(answer)
    state.weigh(answer)
    return
  }
  state.endTransaction('reset')
  state.phase = nextPhase(state.phase, 'hello')
  if (!event.extended) {
    state.setGrant(noGrant)
    state.sendPlain(answerHelo(state.hostname))
    return
  }
  const { reply, grant } = grantHello(state.hostname, state.registry.extensions, state.context)
  state.setGrant(grant)
  state.sendPlain(reply)
}

function mail(state: SessionState, event: MailEvent, reply: Answers['mail']): void {
  if (reply.code < 300) {
    const { reversePath, parameters, raw } = event
    const utf8 = raw.some(([keyword]) => keyword === 'SMTPUTF8')
    state.transaction = { reversePath, parameters, raw, recipients: [], utf8 }
    state.phase = nextPhase(state.phase, 'mail')
  }
  state.give(reply)
}

function rcpt(state: SessionState, event: RcptEvent, reply: Answers['rcpt']): void {
  if (reply.code < 300) {
    openTransaction(state).recipients.push(event.forwardPath)
    state.phase = nextPhase(state.phase, 'rcpt')
  }
  const utf8 = openTransaction(state).utf8 && namesAddress(reply)
  state.give(utf8 || !reply.text.some(beyondAscii) ? reply : (unnamed.get(reply.code) ?? reply), utf8)
}

/** A new address beyond ASCII is told to who takes UTF-8 in this transaction; else not even that there is one. @rfc 6531 3.7.4.2 */
const namesAddress = ({ code }: Reply): boolean => code === 251 || code === 551
const unnamed: ReadonlyMap<number, Reply> = new Map<number, Reply>([
  [251, reply(250, '1.5', 'Recipient taken; it has another address')],
  [551, reply(550, '1.6', 'Recipient has another address, which is beyond ASCII')],
])

function dataStart(state: SessionState, answer: Answers['data-start']): void {
  if (state.content instanceof ChunkInput) {
    if (answer === 'go') state.phase = 'chunking'
    else state.content.refuse({ fault: undefined, reply: answer })
  } else if (answer === 'go') {
    state.send(replies.sendContent)
    state.content = new DataInput(state.limits.messageOctets, state.bareLineEnds)
    state.patience.renew()
  } else state.give(answer)
}

/** One reply, or under LMTP one for each recipient. @rfc 2033 4.2 */
function dataEnd(state: SessionState, answer: Answers['data-end']): void {
  const results = 'code' in answer ? copies(answer, openTransaction(state), state.lmtp) : answer
  const accepted = results.some(({ code }) => code < 300)
  if (accepted) state.idle = 0
  state.endTransaction(accepted ? 'accepted' : 'refused')
  for (const result of results) state.sendOnce(result)
  const gravest = results.find(({ code }) => code === 421) ?? (accepted ? undefined : results[0])
  if (gravest !== undefined) state.weigh(gravest)
}

function copies(reply: Reply, { recipients }: OpenTransaction, lmtp: boolean): readonly Reply[] {
  return lmtp ? recipients.map(() => reply) : [reply]
}

/** 334 asks for another line. @rfc 4954 4 */
function verb(state: SessionState, event: VerbEvent, answer: Answers['verb']): void {
  const reply = 'identity' in answer ? answer.reply : answer
  if ('identity' in answer) state.context = { ...state.context, identity: answer.identity }
  if (reply.code === 334) state.dialogue = event
  state.give(reply)
}

/** UTF-8 goes to those who said that they take it. @rfc 6531 3.7.4.2 */
function lookup(state: SessionState, { utf8 }: LookupEvent, reply: Answers['lookup']): void {
  state.give(!utf8 && reply.text.some(beyondAscii) ? replies.needsUtf8 : reply, utf8)
}
