import { type AddressLimits, addressLimits } from '../address/mailbox.ts'
import type { LineCheck } from '../content/lines.ts'
import type { BareLineEnds } from '../content/unstuff.ts'
import { WireError } from '../error.ts'
import { createRegistry, type Registry } from '../extension/registry.ts'
import type { AnyExtension, Phase, SessionContext } from '../extension/types.ts'
import { beyondAscii } from '../octets.ts'
import { formatOnce, formatReply } from '../reply/format.ts'
import type { Refusal, Reply } from '../reply/reply.ts'
import type { ContentInput } from './content-input.ts'
import type { Answerable, ServerEvent, TransactionOutcome, VerbEvent, WireFault } from './events.ts'
import { type Grant, noGrant } from './hello.ts'
import { type ServerLimits, serverLimits } from './limits.ts'
import { LineInput } from './line-input.ts'
import { Output } from './output.ts'
import { Patience } from './patience.ts'
import { type ClosingReplies, closingReplies } from './replies.ts'
import { nextPhase } from './table.ts'
import type { ByExtension, OpenTransaction } from './transaction.ts'

/** What a server session is made of. */
export interface ServerSessionOptions<X extends readonly AnyExtension[]> {
  /** Name this host greets with. */
  readonly hostname: string
  /** Those that may be offered, in the order of the EHLO reply. */
  readonly extensions: X
  /** Default `smtp`. @rfc 2033 */
  readonly protocol?: 'smtp' | 'lmtp'
  /** Those left out are {@link serverLimits}. */
  readonly limits?: Partial<ServerLimits>
  /** Default RFC 5321's. UTF-8 is allowed by an extension that is offered, not here. */
  readonly addressLimits?: AddressLimits
  /** What becomes of a CR or LF alone in content that comes by DATA. Default `refuse`. */
  readonly bareLineEnds?: BareLineEnds
  /** Numeric address of the client, for extensions that ask. */
  readonly peer?: string
  /** Who is known to be there before anything is said. */
  readonly identity?: string
  /** `active` on a connection that began with TLS. Default `unavailable`. */
  readonly tls?: SessionContext['tls']
  /** Milliseconds, from any fixed point. */
  readonly now: () => number
}

/**
 * `open`: feed, poll, answer, take output. `want-tls`: take the output, upgrade the transport, call `tlsStarted`.
 * `closing`: take the output and close. `closed`: nothing more.
 */
export type ServerMode = 'open' | 'want-tls' | 'closing' | 'closed'

/** All a session knows, and the few moves that everything it does is made of. */
export class SessionState {
  readonly hostname: string
  readonly registry: Registry
  readonly lmtp: boolean
  readonly limits: ServerLimits
  readonly bareLineEnds: BareLineEnds
  readonly now: () => number
  readonly replies: ClosingReplies
  readonly input: LineInput = new LineInput()
  readonly output: Output = new Output()
  readonly patience: Patience = new Patience()
  readonly sessionEnd: number
  /** Events that need no answer and wait to be polled. */
  readonly told: ServerEvent[] = []
  mode: ServerMode = 'open'
  phase: Phase = 'fresh'
  /** What hooks see of the session. */
  context: SessionContext
  grant: Grant = noGrant
  /** The event that waits for its answer. */
  owed: Answerable | undefined
  /** The greeting, where it said no and the session waits for QUIT. @rfc 5321 3.1 */
  rejection: Reply | undefined
  goingDown = false
  transaction: OpenTransaction | undefined
  /** Recipients refused in this transaction since there were too many. */
  overshoot = 0
  content: ContentInput | undefined
  /** Octets of the message in the chunks before this one. */
  chunkedOctets = 0
  /** Sees the chunks of a message that must be lines. */
  chunkLines: LineCheck | undefined
  /** Recipients of a transaction that failed before its last chunk: under LMTP that chunk has so many replies. */
  lostRecipients: number | undefined
  /** The verb whose challenge the next line answers. */
  dialogue: VerbEvent | undefined
  errors = 0
  idle = 0
  /** MAIL commands of this connection, accepted or not. */
  transactions = 0
  readonly #addresses: AddressLimits
  readonly #addressesInUtf8: AddressLimits

  constructor(options: ServerSessionOptions<readonly AnyExtension[]>) {
    this.hostname = options.hostname
    this.registry = createRegistry(options.extensions)
    this.lmtp = options.protocol === 'lmtp'
    this.limits = { ...serverLimits, ...options.limits }
    this.bareLineEnds = options.bareLineEnds ?? 'refuse'
    this.now = options.now
    // Said by every reply that begins with it, also to clients that take no UTF-8. @rfc 6531 3.7.1
    if (beyondAscii(options.hostname))
      throw new WireError('UNSAFE_TEXT', 'a host greets with a name in ASCII', { where: 'hostname' })
    this.replies = closingReplies(options.hostname)
    const { tls = 'unavailable', peer, identity } = options
    this.context = { tls, identity, lmtp: this.lmtp, peer, granted: noGrant.keywords, limits: this.limits }
    this.sessionEnd = this.now() + this.limits.sessionMs
    this.#addresses = options.addressLimits ?? addressLimits
    this.#addressesInUtf8 = { ...this.#addresses, utf8: true }
  }

  /** What addresses may be since the last hello. */
  get addressLimits(): AddressLimits {
    return this.grant.utf8 ? this.#addressesInUtf8 : this.#addresses
  }

  ask<E extends Answerable>(event: E): E {
    this.owed = event
    return event
  }

  /** @param utf8 text may be beyond ASCII; elsewhere it is shown as "?". @rfc 6531 3.7.4.2 */
  send(reply: Reply, utf8: boolean = false): void {
    this.output.put(formatReply(reply, this.registry.enhancedReplies, utf8))
  }

  /** Sends what is said of one message, and hardly ever again. */
  sendOnce(reply: Reply): void {
    this.output.put(formatOnce(reply, this.registry.enhancedReplies, false))
  }

  /** Greetings and answers to a hello never carry an enhanced status. @rfc 2034 4 */
  sendPlain(reply: Reply): void {
    this.output.put(formatReply(reply))
  }

  /** Sends a reply that is the owner's or an extension's judgement. */
  give(reply: Reply, utf8: boolean = false): undefined {
    this.send(reply, utf8)
    this.weigh(reply)
  }

  /** What such a reply means to the session. */
  weigh(reply: Reply): void {
    if (reply.code >= 500) this.errors += 1
    if (reply.code === 421) this.close('closing')
  }

  /** The peer's fault, answered. Where chunks come, nobody knows what a line that is no command has cost them. */
  fault(fault: WireFault, reply: Refusal): ServerEvent {
    this.errors += 1
    this.send(reply)
    if (this.phase === 'chunking' && fault !== 'bad-sequence') this.failChunks('fault')
    return { kind: 'fault', fault, reply }
  }

  /** An extension's judgement on a command. */
  refuse({ reply, by }: ByExtension): ServerEvent {
    this.give(reply)
    return { kind: 'fault', fault: 'extension-refusal', reply, by }
  }

  /** A fault in a hello. */
  faultPlain(fault: WireFault, reply: Refusal): ServerEvent {
    this.errors += 1
    this.sendPlain(reply)
    return { kind: 'fault', fault, reply }
  }

  /** A fault that ends the session. */
  end(fault: WireFault, reply: Refusal): undefined {
    this.send(reply)
    this.#end(fault, reply)
  }

  /** The same in place of a greeting. */
  endPlain(fault: WireFault, reply: Refusal): undefined {
    this.sendPlain(reply)
    this.#end(fault, reply)
  }

  #end(fault: WireFault, reply: Refusal): void {
    this.told.push({ kind: 'fault', fault, reply })
    this.close('closing')
  }

  /** What the last hello granted, also as hooks see it. */
  setGrant(grant: Grant): void {
    this.grant = grant
    this.context = { ...this.context, granted: grant.keywords }
  }

  /** All that was said is forgotten: by TLS, or by a proxy that speaks for another. */
  restart(context: Partial<SessionContext>): void {
    this.endTransaction('reset')
    this.phase = 'fresh'
    this.grant = noGrant
    this.rejection = undefined
    this.context = { ...this.context, granted: noGrant.keywords, ...context }
  }

  /** Counts a command that carries no mail forward; true when there were too many, and the session is over. */
  isTooIdle(): boolean {
    this.idle += 1
    if (this.idle <= this.limits.idleCommands) return false
    this.end('too-many-idle-commands', this.replies.tooManyIdle)
    return true
  }

  /** Counts a MAIL, whatever becomes of it; true when there were too many, and the session is over. @rfc 9422 4.1 */
  isOverTransactions(): boolean {
    this.transactions += 1
    if (this.transactions <= this.limits.transactions) return false
    this.end('too-many-transactions', this.replies.tooManyTransactions)
    return true
  }

  /** Says 421 where that cuts nothing but a command in thought. @rfc 5321 3.8 */
  goDown(): void {
    if (!this.goingDown || this.mode !== 'open' || this.owed !== undefined || this.content !== undefined) return
    this.send(this.replies.goingDown)
    this.close('closing')
  }

  close(mode: 'closing' | 'closed'): void {
    this.endTransaction('closed')
    this.content = undefined
    this.dialogue = undefined
    this.mode = mode
  }

  /** A part of the content was refused: chunks that follow must not pass for the whole. @rfc 3030 2 */
  failChunks(outcome: TransactionOutcome): void {
    const recipients = this.transaction?.recipients.length ?? this.lostRecipients
    this.endTransaction(outcome)
    this.lostRecipients = recipients
  }

  /** The one place a transaction ends. */
  endTransaction(outcome: TransactionOutcome): void {
    this.phase = nextPhase(this.phase, 'rset')
    this.overshoot = 0
    this.chunkedOctets = 0
    this.chunkLines = undefined
    this.lostRecipients = undefined
    if (this.transaction === undefined) return
    this.transaction = undefined
    this.told.push({ kind: 'transaction-end', outcome })
  }
}
