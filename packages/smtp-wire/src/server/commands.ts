import type { ForwardPath, ReversePath } from '../address/path.ts'
import { type Command, type CommandFault, type Parsed, parseCommand } from '../command/command.ts'
import type { LineFault } from '../command/line.ts'
import type { RawParameter } from '../command/parameters.ts'
import { decodeUtf8 } from '../octets.ts'
import type { Refusal, Reply } from '../reply/reply.ts'
import type { Step } from '../step.ts'
import { openTransaction, startChunk } from './content.ts'
import type { ServerEvent, VerbEvent } from './events.ts'
import { answerHelp } from './help.ts'
import * as replies from './replies.ts'
import type { SessionState } from './state.ts'
import { commandTable } from './table.ts'
import { judgeData, judgeMail, judgeRcpt, readParameters } from './transaction.ts'

/** Reads the next command line, and runs it as far as it goes without its owner. */
export function readCommand(state: SessionState): ServerEvent | 'more' | undefined {
  if (state.phase === 'fresh' && state.input.first === TLS_HANDSHAKE)
    return state.end('foreign-protocol', replies.foreignProtocol)
  const step = state.input.line(state.registry.lineOctets)
  if (step.kind === 'need-more') return 'more'
  state.patience.renew()
  if (state.errors >= state.limits.errors) return state.end('too-many-errors', state.replies.tooManyErrors)
  if (step.kind === 'fault' && step.fault === 'line-endless') return state.end(step.fault, state.replies.endlessLine)
  if (state.dialogue !== undefined) return continueDialogue(state, state.dialogue, step)
  const command = parseStep(state, step)
  if (state.rejection !== undefined) return afterRejection(state, state.rejection, command)
  if (isMail(command) && state.isOverTransactions()) return undefined
  if (command.kind === 'fault') return faultyCommand(state, command)
  if (command.kind === 'other') return runVerb(state, command.verb, command.argument)
  if (command.kind !== 'mail' && command.kind !== 'rcpt' && command.kind !== 'rset') state.output.hurry()
  if (command.kind !== 'quit' && isEarly(state, command.kind === 'hello' || command.kind === 'data'))
    return state.end('early-input', replies.earlyInput)
  return run(state, command)
}

type LineStep = Exclude<Step<Uint8Array, LineFault | 'line-endless'>, { kind: 'need-more' }>
type Faulty = { readonly kind: 'fault'; readonly fault: LineFault | CommandFault; readonly verb: string }

function parseStep(state: SessionState, step: LineStep): Parsed | Faulty {
  if (step.kind === 'fault') return { kind: 'fault', fault: step.fault as LineFault, verb: '' }
  const line = decodeUtf8(step.value)
  if (line === undefined) return { kind: 'fault', fault: 'not-ascii', verb: '' }
  return parseCommand(line, state.addressLimits)
}

/** Input waits behind a command it must not be sent with: any without PIPELINING, one that ends a group with it. @rfc 2920 3.1 */
function isEarly(state: SessionState, endsGroup: boolean): boolean {
  return state.input.waiting > 0 && (endsGroup || !state.grant.pipelining)
}

const isMail = (command: Parsed | Faulty): boolean =>
  command.kind === 'mail' || (command.kind === 'fault' && command.verb === 'MAIL')

function faultyCommand(state: SessionState, { fault, verb }: Faulty): ServerEvent {
  if (verb === 'HELO' || verb === 'EHLO' || verb === 'LHLO') return state.faultPlain(fault, replies.faultReplies[fault])
  const isSender = verb === 'MAIL' && (fault === 'path-syntax' || fault === 'path-too-long')
  return state.fault(fault, isSender ? replies.senderFaults[fault] : replies.faultReplies[fault])
}

/** A server that said no in its greeting waits for QUIT. @rfc 5321 3.1 @rfc 7504 3 */
function afterRejection(state: SessionState, greeting: Reply, command: Parsed | Faulty): undefined {
  if (command.kind === 'quit') {
    state.send(state.replies.bye)
    state.close('closing')
  } else if (greeting.code === 521) {
    // Behind a command it has the status that RFC 7504 registers for it.
    state.send({ ...greeting, status: '5.3.2' })
    state.close('closing')
  } else {
    state.errors += REJECTED_WEIGHT
    state.send(replies.notHere)
  }
}

function run(state: SessionState, command: Exclude<Command, { kind: 'other' }>): ServerEvent | undefined {
  if (command.kind === 'hello' && (command.verb === 'LHLO') !== state.lmtp)
    return state.faultPlain('unknown-verb', replies.wrongHello)
  const row = commandTable[state.phase][command.kind]
  if (typeof row !== 'string') return state.fault('bad-sequence', row)
  switch (command.kind) {
    case 'mail':
      return runMail(state, command.reversePath, command.parameters)
    case 'rcpt':
      return runRcpt(state, command.forwardPath, command.parameters)
    case 'data':
      return runData(state)
    case 'quit':
      state.send(state.replies.bye)
      state.close('closing')
      return undefined
    case 'hello':
      return state.isTooIdle()
        ? undefined
        : state.ask({ kind: 'hello', name: command.name, extended: command.verb !== 'HELO' })
    case 'vrfy':
    case 'expn': {
      if (command.kind === 'expn' && !state.registry.keywords.has('EXPN'))
        return state.fault('unknown-verb', replies.obsoleteVerb)
      if (state.isTooIdle()) return undefined
      const { argument, utf8 } = command
      return state.ask({ kind: 'lookup', verb: command.kind === 'vrfy' ? 'VRFY' : 'EXPN', argument, utf8 })
    }
    case 'rset':
      if (state.isTooIdle()) return undefined
      state.send(replies.ok)
      state.endTransaction('reset')
      return undefined
    case 'noop':
      if (!state.isTooIdle()) state.send(replies.ok)
      return undefined
    case 'help':
      if (!state.registry.keywords.has('HELP')) return state.fault('unknown-verb', replies.obsoleteVerb)
      if (!state.isTooIdle()) state.give(answerHelp(command.argument, state))
      return undefined
  }
}

function runMail(state: SessionState, reversePath: ReversePath, raw: readonly RawParameter[]): ServerEvent | undefined {
  const read = readParameters(raw, state.registry.mail, state.grant.offered)
  if (read.kind !== 'values') return faultyParameter(state, read.kind)
  const refusal = judgeMail(state.grant, state.context, reversePath, read.values)
  if (refusal !== undefined) return state.refuse(refusal)
  return state.ask({ kind: 'mail', reversePath, parameters: read.values, raw })
}

function runRcpt(state: SessionState, forwardPath: ForwardPath, raw: readonly RawParameter[]): ServerEvent | undefined {
  const transaction = openTransaction(state)
  if (transaction.recipients.length >= state.limits.recipients) {
    state.overshoot += 1
    if (state.overshoot > state.limits.recipients) state.errors += 1
    return state.give(replies.tooManyRecipients)
  }
  const read = readParameters(raw, state.registry.rcpt, state.grant.offered)
  if (read.kind !== 'values') return faultyParameter(state, read.kind)
  const refusal = judgeRcpt(state.grant, state.context, transaction, forwardPath, read.values)
  if (refusal !== undefined) return state.refuse(refusal)
  return state.ask({ kind: 'rcpt', forwardPath, parameters: read.values, raw })
}

function runData(state: SessionState): ServerEvent | undefined {
  const transaction = openTransaction(state)
  const refusal = judgeData(state.grant, state.context, transaction, false)
  if (refusal !== undefined) return state.refuse(refusal)
  return state.ask({ kind: 'data-start', transaction })
}

function faultyParameter(state: SessionState, kind: 'unknown-parameter' | 'parameter-syntax'): ServerEvent {
  return state.fault(kind, kind === 'unknown-parameter' ? replies.unknownParameter : replies.brokenParameter)
}

/** A verb RFC 5321 does not have. */
function runVerb(state: SessionState, verb: string, argument: string): ServerEvent | undefined {
  if (HTTP_METHODS.has(verb)) return state.end('foreign-protocol', replies.foreignProtocol)
  state.output.hurry()
  const owned = state.registry.verbs.get(verb)
  const effect = owned?.value.run(argument, state.context)
  const legal = owned !== undefined && state.grant.offered.has(owned.owner) && owned.value.phases.includes(state.phase)
  if (effect?.kind === 'chunk') return startChunk(state, effect.octets, effect.last, legal)
  if (isEarly(state, owned?.value.barrier === true)) return state.end('early-input', replies.earlyInput)
  if (owned === undefined || effect === undefined)
    return state.fault('unknown-verb', OBSOLETE_VERBS.has(verb) ? replies.obsoleteVerb : replies.unknownVerb)
  if (!legal) return state.fault('bad-sequence', replies.notHere)
  if (state.isTooIdle()) return undefined
  switch (effect.kind) {
    case 'reply':
      // A refused part of the content spoils the whole: what follows must not pass for the message.
      if (effect.reply.code >= 400 && owned.value.phases.includes('chunking')) state.failChunks('refused')
      return state.give(effect.reply)
    case 'assume': {
      const { peer } = effect
      const address = peer.address === undefined ? state.context.peer : (peer.address ?? undefined)
      state.restart({ peer: address, identity: peer.identity })
      // Behind the end of a transaction.
      state.told.push(state.ask({ kind: 'greet', assumed: peer }))
      return undefined
    }
    case 'start-tls':
      state.send(effect.reply)
      state.endTransaction('reset')
      state.mode = 'want-tls'
      return undefined
    case 'ask':
      return state.ask({ kind: 'verb', verb, argument, line: undefined })
  }
}

/** The line that answers a verb's challenge. */
function continueDialogue(state: SessionState, dialogue: VerbEvent, step: LineStep): ServerEvent | undefined {
  state.dialogue = undefined
  const line = step.kind === 'item' ? decodeUtf8(step.value) : undefined
  if (line === undefined) {
    const fault = step.kind === 'item' ? 'not-ascii' : (step.fault as LineFault)
    const reply: Refusal = fault === 'line-too-long' ? replies.dialogueTooLong : replies.faultReplies[fault]
    return state.fault(fault, reply)
  }
  if (isEarly(state, true)) return state.end('early-input', replies.earlyInput)
  return state.ask({ ...dialogue, line })
}

/** Verbs of a web client that found the wrong port. */
const HTTP_METHODS: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI'.split(' '))
/** Verbs of RFC 821 that are recognized and no longer implemented. @rfc 5321 4.2.4 */
const OBSOLETE_VERBS: ReadonlySet<string> = new Set(['SEND', 'SOML', 'SAML', 'TURN'])
/** First octet of a TLS record that holds a handshake. */
const TLS_HANDSHAKE = 0x16
/** Whoever was told 554 and goes on has few commands left. */
const REJECTED_WEIGHT = 5
