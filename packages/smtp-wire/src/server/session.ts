import { WireError } from '../error.ts'
import type { AnyExtension, SessionContext } from '../extension/types.ts'
import { applyAnswer } from './answers.ts'
import { readCommand } from './commands.ts'
import { readContent } from './content.ts'
import type { Answerable, AnswerTo, ServerEvent } from './events.ts'
import { type ServerMode, type ServerSessionOptions, SessionState } from './state.ts'

export type { ServerMode, ServerSessionOptions } from './state.ts'

/**
 * One server session, SMTP or LMTP, without I/O: octets in, events out, answers in, octets out. Feed the octets of one
 * read, poll until `undefined`, answering each event that waits, then take the output: the replies of one pipelined
 * group leave in one buffer.
 *
 * Each command gets exactly one reply, and each accepted MAIL exactly one `transaction-end`. Nothing a peer sends makes
 * a method throw, and what is kept of it is at most one line.
 *
 * @rfc 5321 4
 * @rfc 2033 4
 */
export class ServerSession<const X extends readonly AnyExtension[]> {
  readonly #state: SessionState

  /** @throws WireError EXTENSION_CONFLICT; UNSAFE_TEXT for a host name beyond ASCII */
  constructor(options: ServerSessionOptions<X>) {
    this.#state = new SessionState(options)
    this.#state.told.push(this.#state.ask({ kind: 'greet' }))
  }

  /** What the driver has to do next. */
  get mode(): ServerMode {
    return this.#state.mode
  }

  /** What hooks see of the session. */
  get context(): SessionContext {
    return this.#state.context
  }

  /**
   * Feeds the octets of one read. The buffer must stay as it is until `poll` has returned `undefined` with no answer owed.
   * What is fed while the answer to a greeting, a hello, a DATA or a verb that ends a group is owed came too early: the
   * session ends with 554 in place of that answer.
   *
   * @throws WireError SESSION_MISUSE while the octets before are not used up
   */
  receive(octets: Uint8Array): void {
    const state = this.#state
    if (state.mode === 'closing' || state.mode === 'closed') return
    if (state.mode === 'want-tls' || state.input.waiting > 0) throw misuse('receive')
    state.patience.heard(state.now())
    state.input.feed(octets)
  }

  /** The next event; `undefined` while an answer is owed, the input is used up, or the session is not open. */
  poll(): ServerEvent<X> | undefined {
    const state = this.#state
    for (;;) {
      state.goDown()
      const told = state.told.shift()
      if (told !== undefined) return told as ServerEvent<X>
      if (state.owed !== undefined || state.mode !== 'open') return undefined
      const event = state.content === undefined ? readCommand(state) : readContent(state, state.content)
      if (event === undefined) continue
      if (event !== 'more') return event as ServerEvent<X>
      state.input.release()
      state.patience.wait(state.now())
      return undefined
    }
  }

  /**
   * Answers the event that waits. Once the session is over the answer is not heard.
   *
   * @throws WireError SESSION_MISUSE for any other event, or an LMTP answer with a wrong number of replies
   */
  answer<E extends Answerable<X>>(event: E, answer: AnswerTo<E>): void {
    const state = this.#state
    const owed = state.owed
    if (owed === undefined || owed !== (event as Answerable)) throw misuse('answer')
    if (owed.kind === 'data-end' && Array.isArray(answer)) {
      const replies = state.lmtp ? owed.transaction.recipients.length : 1
      if (answer.length !== replies) throw misuse('answer')
    }
    state.owed = undefined
    if (state.mode === 'open') applyAnswer(state, owed, answer)
  }

  /**
   * Octets to send now, as one buffer. `undefined` where there are none, or where more of a pipelined group waits to be
   * answered with them. Ask when `poll` has returned `undefined`, and before waiting for anything: the peer, or an answer
   * that takes its time. The buffer is the caller's to read, not to write.
   *
   * @rfc 2920 3.2
   */
  takeOutput(): Uint8Array | undefined {
    const state = this.#state
    return state.output.take(state.mode === 'open' && state.input.waiting > 0)
  }

  /** When to call {@link expire} if the peer sends nothing. Ask when about to wait for it. */
  deadline(): number {
    const { patience, content, limits, sessionEnd } = this.#state
    const end =
      content === undefined
        ? patience.end(limits.commandMs, 0)
        : patience.end(limits.contentGraceMs, (content.octets / limits.contentRate) * 1000)
    return end === undefined ? sessionEnd : Math.min(end, sessionEnd)
  }

  /** The peer let the deadline pass: 421, and the end. While an answer is owed it is not the peer that is late. @rfc 5321 4.5.3.2 */
  expire(): void {
    const state = this.#state
    if (state.mode === 'open' && state.owed === undefined) state.end('timeout', state.replies.timedOut)
  }

  /** This server goes down: 421 now if the peer is not in the middle of content, else after its reply. @rfc 5321 3.8 */
  shutdown(): void {
    this.#state.goingDown = true
    this.#state.goDown()
  }

  /** The peer is gone. */
  disconnect(): void {
    this.#state.close('closed')
  }

  /** TLS is up after `want-tls`: everything heard in clear is forgotten. @rfc 3207 4.2 */
  tlsStarted(): void {
    const state = this.#state
    if (state.mode !== 'want-tls') throw misuse('tlsStarted')
    state.input.clear()
    state.patience.renew()
    state.mode = 'open'
    state.restart({ tls: 'active', identity: undefined })
  }
}

function misuse(operation: string): WireError<'SESSION_MISUSE'> {
  return new WireError('SESSION_MISUSE', `server session: ${operation} out of turn`, { operation })
}
