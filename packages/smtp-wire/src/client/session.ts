import { formatCommand } from '../command/command.ts'
import { WireError } from '../error.ts'
import type { Offers } from '../extension/types.ts'
import { concat, encodeUtf8 } from '../octets.ts'
import { hasControl } from '../reply/reply.ts'
import type { OutgoingTransaction } from './contract.ts'
import type { ClientEvent } from './events.ts'
import { planTransaction } from './plan.ts'
import { type ClientMode, type ClientSessionOptions, ClientState } from './state.ts'
import { data, end, type PendingCommand, quit, replyTable, rset, startTls } from './table.ts'
import { takeReply } from './take.ts'
import { ClientTransaction } from './transaction.ts'

export type { ClientMode, ClientSessionOptions } from './state.ts'

/**
 * One client session, SMTP or LMTP, without I/O: told what to send, it emits octets; fed octets, it tells events. Feed
 * the octets of one read, poll until `undefined`, then take the output.
 *
 * It greets by itself and then takes one transaction or command at a time. Each reply is matched to the command it
 * answers, by order alone; one that answers nothing, or has no end, loses the session. Whatever happens, a transaction
 * ends in exactly one `finished`, with a result for every recipient.
 *
 * @rfc 5321 4
 * @rfc 2033 4
 */
export class ClientSession {
  readonly #state: ClientState

  /** @throws WireError EXTENSION_CONFLICT, UNSAFE_TEXT for a host name that cannot be said */
  constructor(options: ClientSessionOptions) {
    this.#state = new ClientState(options)
  }

  get mode(): ClientMode {
    return this.#state.mode
  }

  /** What the last hello offered. */
  get offers(): Offers {
    return this.#state.offers
  }

  /** Nothing is under way: a transaction, a command or STARTTLS may begin. */
  get idle(): boolean {
    return this.#state.idle
  }

  /** Feeds the octets of one read; they are copied. */
  receive(octets: Uint8Array): void {
    const state = this.#state
    if (state.mode === 'open') state.input.feed(octets)
    else if (state.mode === 'want-tls' && octets.length > 0) state.lose('input-before-tls', 'starttls')
  }

  /** The next event; `undefined`: feed more. */
  poll(): ClientEvent | undefined {
    const state = this.#state
    for (;;) {
      const told = state.told.shift()
      if (told !== undefined || state.mode !== 'open') return told
      const step = state.input.next()
      if (step.kind === 'item') takeReply(state, step.value)
      else if (step.kind === 'fault') state.lose(step.fault, state.current)
      else {
        state.advance()
        return state.told.shift()
      }
    }
  }

  /** Octets to send now, as one buffer; content leaves as a view of what was given. Not to be written to. */
  takeOutput(): Uint8Array | undefined {
    const state = this.#state
    state.advance()
    for (const part of state.content?.flush() ?? []) state.put(part)
    const output = state.takeOutput()
    return output.length > 1 ? concat(output) : output[0]
  }

  /** When to call {@link expire} if nothing comes from the server; `undefined`: nothing is waited for. @rfc 5321 4.5.3.2 */
  deadline(): number | undefined {
    const { mode, since, limits, pipeline, content } = this.#state
    if (mode === 'want-tls') return since + limits.commandMs
    const phase = content === undefined ? pipeline.awaited?.phase : 'content'
    return mode !== 'open' || phase === undefined ? undefined : since + limits[replyTable[phase].patience]
  }

  /** The server let the deadline pass. */
  expire(): void {
    this.#state.lose('timeout', this.#state.current)
  }

  /** The connection is gone. Poll first what came before. */
  disconnect(): void {
    this.#state.lose('closed', this.#state.current)
  }

  /** This side wants no more of it: the connection must be cut. */
  giveUp(): void {
    this.#state.lose('given-up', this.#state.current)
  }

  /**
   * Begins a transaction: MAIL, RCPT for each recipient, and DATA, in groups where the server takes them. `content` or
   * `finished` follows. Where CHUNKING is offered with PIPELINING, and an extension of ours switches it on, content goes
   * by BDAT instead, once the recipients are answered: as many round trips, and no octet changed.
   *
   * @throws WireError SESSION_MISUSE unless idle, or without a recipient
   * @throws WireError UNSAFE_TEXT for an envelope that fits no command line; the session goes on
   */
  send(transaction: OutgoingTransaction): void {
    const state = this.#state
    const { length } = transaction.recipients
    if (!state.idle || length === 0) throw misuse('send')
    const plan = planTransaction(transaction, state.registry, state.server)
    state.transaction = new ClientTransaction(length)
    if (plan.kind === 'veto') {
      state.transaction.veto(plan.reply, plan.by)
      return
    }
    for (const [recipient, rcpt] of plan.rcpts.entries())
      if ('by' in rcpt) state.transaction.vetoRecipient(recipient, rcpt.reply, rcpt.by)
    if (state.transaction.hopeless) return
    if (state.stale) state.pipeline.put(rset)
    state.pipeline.put({ phase: 'mail', octets: plan.mail })
    for (const [recipient, octets] of plan.rcpts.entries())
      if (!('by' in octets)) state.pipeline.put({ phase: 'rcpt', octets, recipient })
    if (state.chunking) state.transaction.chunks = transaction.body === 'binary' ? 'binary' : 'lines'
    else state.pipeline.put(data)
  }

  /** Content is under way and may still come to something. Once it is refused, the rest need not be given. */
  get wantsContent(): boolean {
    const { content, transaction } = this.#state
    return content !== undefined && transaction !== undefined && transaction.accepted.length > 0
  }

  /**
   * More content, after `content`; sent dot-stuffed, or as a chunk. Take the output before the next piece. What is given
   * after a refusal is not sent.
   *
   * @throws WireError BARE_LINE_END for a CR or LF alone, unless chunks of binary content; the only way on is {@link giveUp}
   */
  content(octets: Uint8Array): void {
    const state = this.#state
    if (state.content === undefined) throw misuse('content')
    if (!this.wantsContent) return
    for (const part of state.content.put(octets)) state.put(part)
    state.since = state.now()
  }

  /**
   * The final dot, or the last chunk. From here on a lost session leaves `unknown` results.
   *
   * @throws WireError BARE_LINE_END when the content ended in a CR; the only way on is {@link giveUp}
   */
  endContent(): void {
    const state = this.#state
    if (state.content === undefined || state.transaction === undefined) throw misuse('endContent')
    if (!this.wantsContent) {
      state.content = undefined
      return
    }
    // What came before the end does not answer it.
    if (state.input.waiting > 0 && state.pipeline.empty) {
      state.lose('unsolicited', 'content')
      return
    }
    for (const part of state.content.end()) state.put(part)
    state.content = undefined
    state.transaction.ended = true
    for (let replies = state.lmtp ? state.transaction.accepted.length : 1; replies > 0; replies--) state.await(end)
  }

  /** STARTTLS; `reply` follows. @throws WireError SESSION_MISUSE unless idle and offered, or under TLS (RFC 3207, 4.2) */
  startTls(): void {
    if (this.#state.tls || !this.#state.offers.has('STARTTLS')) throw misuse('startTls')
    this.#begin(startTls)
  }

  /** TLS is up after `want-tls`: everything heard in clear is forgotten, and the hello is said anew. @rfc 3207 4.2 */
  tlsStarted(): void {
    const state = this.#state
    if (state.mode !== 'want-tls') throw misuse('tlsStarted')
    state.mode = 'open'
    state.tls = true
    state.authenticated = false
    state.stale = false
    state.hello(state.lmtp ? 'LHLO' : 'EHLO')
  }

  /** There is no TLS after `want-tls`. */
  tlsFailed(): void {
    this.#state.lose('handshake', 'starttls')
  }

  /** RSET; `reply` follows. @throws WireError SESSION_MISUSE unless idle */
  reset(): void {
    this.#begin(rset)
  }

  /** QUIT; `reply` follows, and the session is closing. @throws WireError SESSION_MISUSE unless idle */
  quit(): void {
    this.#begin(quit)
  }

  /**
   * A command of an extension, or VRFY and the like; `reply` follows. Not for commands this session sends by itself.
   *
   * @throws WireError SESSION_MISUSE unless idle
   * @throws WireError UNSAFE_TEXT
   */
  command(verb: string, argument: string): void {
    this.#begin({ phase: 'verb', octets: formatCommand({ kind: 'other', verb, argument }) })
  }

  /**
   * The line that answers a 334; `reply` follows. `*` cancels an authentication.
   *
   * @param line ASCII, up to 12 286 octets, without its end
   * @throws WireError SESSION_MISUSE unless the last reply was 334
   * @throws WireError UNSAFE_TEXT
   * @rfc 4954 4
   */
  respond(line: string): void {
    const state = this.#state
    if (!state.calm || !state.challenged) throw misuse('respond')
    const octets = encodeUtf8(`${line}\r\n`)
    if (hasControl(line) || octets.length !== line.length + 2 || octets.length > DIALOGUE_OCTETS)
      throw new WireError('UNSAFE_TEXT', 'the answer to a challenge fits no line', { where: 'answer' })
    state.challenged = false
    state.pipeline.put({ phase: 'verb', octets })
  }

  #begin(command: PendingCommand): void {
    if (!this.#state.idle) throw misuse(command.phase)
    this.#state.pipeline.put(command)
  }
}

/** @rfc 4954 4 */
const DIALOGUE_OCTETS = 12_288

function misuse(operation: string): WireError<'SESSION_MISUSE'> {
  return new WireError('SESSION_MISUSE', `client session: ${operation} out of turn`, { operation })
}
