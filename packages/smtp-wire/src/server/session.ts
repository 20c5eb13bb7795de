import { type AddressLimits, addressLimits } from '../address/mailbox.ts'
import type { ForwardPath, ReversePath } from '../address/path.ts'
import { type Command, parseCommand } from '../command/command.ts'
import type { RawParameter } from '../command/parameters.ts'
import { DataDecoder } from '../content/unstuff.ts'
import { WireError } from '../error.ts'
import { createRegistry, type Registry } from '../extension/registry.ts'
import {
  type AnyExtension,
  type MailParameters,
  type Phase,
  proceed,
  type RcptParameters,
  type SessionContext,
  type TransactionContext,
} from '../extension/types.ts'
import { concat, decodeUtf8 } from '../octets.ts'
import { formatReply } from '../reply/format.ts'
import type { Refusal, Reply } from '../reply/reply.ts'
import type {
  Answerable,
  AnswerTo,
  MailEvent,
  RcptEvent,
  ServerEvent,
  Transaction,
  TransactionOutcome,
  VerbEvent,
  WireFault,
} from './events.ts'
import { grantHello, type HelloGrant, noGrant } from './hello.ts'
import { type ServerLimits, serverLimits } from './limits.ts'
import { LineInput } from './line-input.ts'
import { readParameters } from './parameters.ts'
import * as replies from './replies.ts'
import { commandTable } from './table.ts'

/** What a server session is made of. */
export interface ServerSessionOptions<X extends readonly AnyExtension[]> {
  /** Name this host greets with. */
  readonly hostname: string
  readonly extensions: X
  /** Default `smtp`. @rfc 2033 */
  readonly protocol?: 'smtp' | 'lmtp'
  readonly limits?: Partial<ServerLimits>
  readonly addressLimits?: AddressLimits
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

interface OpenTransaction {
  readonly reversePath: ReversePath
  readonly parameters: Readonly<Record<string, unknown>>
  readonly raw: readonly RawParameter[]
  readonly recipients: ForwardPath[]
}

interface Chunk {
  left: number
  readonly last: boolean
  /** Set where the chunk is swallowed; the reply it ends with. */
  refusal: Reply | undefined
}

/**
 * One server session, SMTP or LMTP, without I/O: octets in, events out, answers in, octets out. Feed the octets of one
 * read, poll until `undefined`, answering each event that waits, then take the output: the replies of one pipelined
 * group leave in one buffer.
 *
 * Each command gets exactly one reply, and each accepted MAIL exactly one `transaction-end`.
 *
 * @rfc 5321 4
 */
export class ServerSession<const X extends readonly AnyExtension[]> {
  readonly #hostname: string
  readonly #registry: Registry
  readonly #lmtp: boolean
  readonly #limits: ServerLimits
  readonly #addressLimits: AddressLimits
  readonly #now: () => number
  readonly #input = new LineInput()
  readonly #told: ServerEvent<X>[] = []
  readonly #sessionEnd: number
  #out: Uint8Array[] = []
  #outOctets = 0
  #mode: ServerMode = 'open'
  #phase: Phase = 'fresh'
  #tls: SessionContext['tls']
  #identity: string | undefined
  #grant: Omit<HelloGrant, 'reply'> = noGrant
  #outstanding: Answerable<X> | undefined = { kind: 'greet' }
  #greeted = false
  #rejected = false
  #goingDown = false
  #transaction: OpenTransaction | undefined
  #content: DataDecoder | undefined
  #chunk: Chunk | undefined
  #chunkedOctets = 0
  /** The verb whose challenge the next line answers. */
  #dialog: VerbEvent | undefined
  #errors = 0
  #idle = 0
  #lineSince: number | undefined
  #contentSince = 0
  #contentLast = 0

  /** @throws WireError EXTENSION_CONFLICT */
  constructor(options: ServerSessionOptions<X>) {
    this.#hostname = options.hostname
    this.#registry = createRegistry(options.extensions)
    this.#lmtp = options.protocol === 'lmtp'
    this.#limits = { ...serverLimits, ...options.limits }
    this.#addressLimits = options.addressLimits ?? addressLimits
    this.#now = options.now
    this.#tls = options.tls ?? 'unavailable'
    this.#sessionEnd = this.#now() + this.#limits.sessionMs
  }

  get mode(): ServerMode {
    return this.#mode
  }

  /** What hooks see of the session. */
  get context(): SessionContext {
    return { tls: this.#tls, identity: this.#identity, lmtp: this.#lmtp, limits: this.#limits }
  }

  /**
   * Feeds the octets of one read. The buffer must stay as it is until `poll` has returned `undefined` with no answer owed.
   *
   * @throws WireError SESSION_MISUSE while the octets before are not used up
   */
  receive(octets: Uint8Array): void {
    if (this.#mode === 'closing' || this.#mode === 'closed') return
    if (this.#mode === 'want-tls' || this.#input.waiting > 0) throw misuse('receive')
    this.#input.feed(octets)
  }

  /** The next event; `undefined` while an answer is owed, the input is used up, or the session is not open. */
  poll(): ServerEvent<X> | undefined {
    if (!this.#greeted) {
      this.#greeted = true
      return this.#outstanding
    }
    for (;;) {
      const told = this.#told.shift()
      if (told !== undefined) return told
      if (this.#outstanding !== undefined || this.#mode !== 'open') return undefined
      const event =
        this.#content !== undefined
          ? this.#readContent(this.#content)
          : this.#chunk !== undefined
            ? this.#readChunk(this.#chunk)
            : this.#readCommand()
      if (event === 'more') return this.#told.shift()
      if (event !== undefined) return event
    }
  }

  /**
   * Answers the event that waits.
   *
   * @throws WireError SESSION_MISUSE for any other event, or an LMTP answer with a wrong number of replies
   */
  answer<E extends Answerable<X>>(event: E, answer: AnswerTo<E>): void {
    if (this.#outstanding !== event || event === undefined) throw misuse('answer')
    this.#apply(event, answer as AnswerTo<Answerable<X>>)
    // `#apply` may have asked the next thing already (a chunk's data-end).
    if (this.#outstanding === event) this.#outstanding = undefined
  }

  /**
   * Octets to send now, as one buffer: `undefined` while complete input waits, so that the replies of a group leave
   * together. The buffer is the caller's to read, not to write.
   */
  takeOutput(): Uint8Array | undefined {
    if (this.#out.length === 0) return undefined
    const more = this.#mode === 'open' && (this.#outstanding !== undefined || this.#input.waiting > 0)
    if (more && this.#outOctets < FLUSH_OCTETS) return undefined
    const octets = this.#out.length === 1 ? this.#out[0] : concat(this.#out)
    this.#out = []
    this.#outOctets = 0
    return octets
  }

  /** When to call {@link expire} if the peer sends nothing. Ask when about to wait for it. */
  deadline(): number {
    if (this.#content !== undefined || this.#chunk !== undefined) {
      const octets = this.#content?.octets ?? this.#chunkedOctets
      const flowing = this.#contentSince + this.#limits.contentGraceMs + (octets / this.#limits.contentRate) * 1000
      return Math.min(flowing, this.#contentLast + this.#limits.contentGraceMs, this.#sessionEnd)
    }
    if (this.#lineSince === undefined) return this.#sessionEnd
    return Math.min(this.#lineSince + this.#limits.commandMs, this.#sessionEnd)
  }

  /** The peer let the deadline pass: 421, and the end. @rfc 5321 4.5.3.2 */
  expire(): void {
    if (this.#mode === 'open') this.#end('timeout', replies.timedOut)
  }

  /** This server goes down: 421 now if the peer is not in the middle of content, else after its reply. @rfc 5321 3.8 */
  shutdown(): void {
    if (this.#mode !== 'open') return
    this.#goingDown = true
    if (this.#outstanding === undefined && this.#content === undefined && this.#chunk === undefined) this.#goDown()
  }

  /** The peer is gone. */
  disconnect(): void {
    this.#endTransaction('closed')
    this.#outstanding = undefined
    this.#mode = 'closed'
  }

  /** TLS is up after `want-tls`: everything heard in clear is forgotten. @rfc 3207 4.2 */
  tlsStarted(): void {
    if (this.#mode !== 'want-tls') throw misuse('tlsStarted')
    this.#input.clear()
    this.#mode = 'open'
    this.#phase = 'fresh'
    this.#tls = 'active'
    this.#identity = undefined
    this.#grant = noGrant
    this.#lineSince = undefined
  }

  /** Who authenticated. Forgotten when TLS starts. */
  setIdentity(identity: string): void {
    this.#identity = identity
  }

  // --- input -------------------------------------------------------------------------------------------------------

  #readCommand(): ServerEvent<X> | 'more' | undefined {
    if (this.#phase === 'fresh' && this.#input.first === TLS_HANDSHAKE)
      return this.#end('foreign-protocol', replies.foreignProtocol)
    const limit = this.#dialog === undefined ? this.#registry.lineOctets : DIALOG_LINE_OCTETS
    const step = this.#input.line(limit)
    if (step.kind === 'need-more') {
      this.#lineSince ??= this.#now()
      return 'more'
    }
    this.#lineSince = undefined
    if (this.#errors >= this.#limits.errors) return this.#end('too-many-errors', replies.tooManyErrors)
    if (step.kind === 'fault') {
      this.#dialog = undefined
      if (step.fault === 'line-endless') return this.#end('line-endless', replies.endlessLine)
      return this.#fault(step.fault, replies.faultReplies[step.fault])
    }
    const line = decodeUtf8(step.value)
    if (line === undefined) return this.#fault('not-ascii', replies.faultReplies['not-ascii'])
    if (this.#dialog !== undefined) return this.#ask({ ...this.#dialog, line })
    const command = parseCommand(line, this.#addressLimits)
    if (command.kind === 'fault') return this.#fault(command.fault, replies.faultReplies[command.fault])
    if (this.#rejected) return this.#afterRejection(command)
    if (this.#tooEarly(command)) return this.#end('early-input', replies.earlyInput)
    return this.#run(command)
  }

  /** Input waits behind a command it must not be sent with. @rfc 2920 3.1 */
  #tooEarly(command: Command): boolean {
    if (this.#input.waiting === 0 || command.kind === 'quit') return false
    if (!this.#grant.pipelining || command.kind === 'hello' || command.kind === 'data') return true
    return command.kind === 'other' && this.#registry.verbs.get(command.verb)?.value.barrier === true
  }

  #run(command: Command): ServerEvent<X> | undefined {
    if (command.kind === 'other') return this.#runVerb(command.verb, command.argument)
    const row = commandTable[this.#phase][command.kind]
    if (row !== 'run') return this.#fault('bad-sequence', row as Refusal)
    switch (command.kind) {
      case 'hello':
        if ((command.verb === 'LHLO') !== this.#lmtp) return this.#fault('unknown-verb', replies.wrongHello)
        if (this.#isIdle()) return undefined
        return this.#ask({ kind: 'hello', name: command.name, extended: command.verb !== 'HELO' })
      case 'mail':
        return this.#runMail(command.reversePath, command.parameters)
      case 'rcpt':
        return this.#runRcpt(command.forwardPath, command.parameters)
      case 'data':
        return this.#ask({ kind: 'data-start', transaction: this.#view() })
      case 'rset':
        if (this.#isIdle()) return undefined
        this.#send(replies.ok)
        this.#endTransaction('reset')
        return undefined
      case 'noop':
        if (!this.#isIdle()) this.#send(replies.ok)
        return undefined
      case 'help':
        if (!this.#isIdle()) this.#send(replies.help)
        return undefined
      case 'quit':
        this.#send(replies.bye)
        this.#close('closing')
        return undefined
      case 'vrfy':
      case 'expn':
        if (this.#isIdle()) return undefined
        return this.#ask({
          kind: 'lookup',
          verb: command.kind === 'vrfy' ? 'VRFY' : 'EXPN',
          argument: command.argument,
        })
    }
  }

  #runMail(reversePath: ReversePath, raw: readonly RawParameter[]): ServerEvent<X> | undefined {
    const read = readParameters(raw, this.#registry.mail, this.#grant.offered)
    if (read.kind !== 'values') return this.#faultyParameter(read.kind)
    const context: TransactionContext = { ...this.context, reversePath, recipients: [] }
    for (const extension of this.#grant.offered) {
      const verdict = extension.onMail(read.values, context)
      if (verdict !== proceed) return this.#refuse(verdict)
    }
    return this.#ask({ kind: 'mail', reversePath, parameters: read.values as MailParameters<X>, raw })
  }

  #runRcpt(forwardPath: ForwardPath, raw: readonly RawParameter[]): ServerEvent<X> | undefined {
    const transaction = this.#open()
    if (transaction.recipients.length >= this.#limits.recipients) return this.#refuse(replies.tooManyRecipients)
    const read = readParameters(raw, this.#registry.rcpt, this.#grant.offered)
    if (read.kind !== 'values') return this.#faultyParameter(read.kind)
    const context: TransactionContext = {
      ...this.context,
      reversePath: transaction.reversePath,
      recipients: transaction.recipients,
    }
    for (const extension of this.#grant.offered) {
      const verdict = extension.onRcpt(read.values, context)
      if (verdict !== proceed) return this.#refuse(verdict)
    }
    return this.#ask({ kind: 'rcpt', forwardPath, parameters: read.values as RcptParameters<X>, raw })
  }

  #runVerb(verb: string, argument: string): ServerEvent<X> | undefined {
    if (HTTP_METHODS.has(verb)) return this.#end('foreign-protocol', replies.foreignProtocol)
    const owned = this.#registry.verbs.get(verb)
    if (owned === undefined) return this.#fault('unknown-verb', replies.unknownVerb)
    const offered = this.#grant.offered.has(owned.owner)
    const legal = offered && owned.value.phases.includes(this.#phase)
    const effect = owned.value.run(argument, this.context)
    if (effect.kind === 'chunk') return this.#startChunk(effect.octets, effect.last, legal)
    if (!legal) return this.#fault('bad-sequence', replies.notHere)
    if (this.#isIdle()) return undefined
    switch (effect.kind) {
      case 'reply':
        return this.#refuse(effect.reply)
      case 'start-tls':
        this.#send(effect.reply)
        this.#endTransaction('reset')
        this.#mode = 'want-tls'
        return undefined
      case 'ask':
        return this.#ask({ kind: 'verb', verb, argument, line: undefined })
    }
  }

  #readContent(content: DataDecoder): ServerEvent<X> | 'more' | undefined {
    if (this.#input.waiting === 0) return 'more'
    this.#contentLast = this.#now()
    const step = content.next(this.#input.buffer, this.#input.at)
    this.#input.advance(step.consumed)
    if (step.kind === 'none') return undefined
    const tooBig = content.octets > this.#limits.messageOctets
    if (step.kind === 'body') return tooBig ? undefined : { kind: 'body', octets: step.octets }
    this.#content = undefined
    if (tooBig) return this.#refuseContent('message-too-big', replies.messageTooBig)
    if (content.fault !== undefined) return this.#refuseContent(content.fault, replies.contentFaults[content.fault])
    return this.#ask({ kind: 'data-end', transaction: this.#view(), octets: content.octets })
  }

  #startChunk(octets: number, last: boolean, legal: boolean): ServerEvent<X> | undefined {
    const chunk: Chunk = { left: octets, last, refusal: legal ? undefined : replies.notHere }
    this.#chunk = chunk
    this.#contentSince = this.#contentLast = this.#now()
    if (!legal) return undefined
    if (this.#phase === 'rcpt') {
      this.#chunkedOctets = 0
      return this.#ask({ kind: 'data-start', transaction: this.#view() })
    }
    return undefined
  }

  #readChunk(chunk: Chunk): ServerEvent<X> | 'more' | undefined {
    if (chunk.left > 0) {
      const taken = Math.min(chunk.left, this.#input.waiting)
      if (taken === 0) return 'more'
      this.#contentLast = this.#now()
      const octets = this.#input.buffer.subarray(this.#input.at, this.#input.at + taken)
      this.#input.advance(taken)
      chunk.left -= taken
      this.#chunkedOctets += taken
      if (chunk.refusal === undefined && this.#chunkedOctets > this.#limits.messageOctets)
        chunk.refusal = replies.messageTooBig
      return chunk.refusal === undefined ? { kind: 'body', octets } : undefined
    }
    this.#chunk = undefined
    if (chunk.refusal !== undefined) {
      this.#refuse(chunk.refusal)
      this.#endTransaction('refused')
      return undefined
    }
    if (chunk.last) return this.#ask({ kind: 'data-end', transaction: this.#view(), octets: this.#chunkedOctets })
    this.#send(replies.ok)
    return undefined
  }

  // --- answers -----------------------------------------------------------------------------------------------------

  #apply(event: Answerable<X>, answer: AnswerTo<Answerable<X>>): void {
    switch (event.kind) {
      case 'greet':
        this.#applyGreeting(answer as Reply)
        break
      case 'hello':
        if (answer === 'accept') this.#acceptHello(event.extended)
        else this.#answerWith(answer as Reply)
        break
      case 'mail':
        if ((answer as Reply).code < 300) this.#begin(event)
        this.#answerWith(answer as Reply)
        break
      case 'rcpt':
        if ((answer as Reply).code < 300) this.#accept(event)
        this.#answerWith(answer as Reply)
        break
      case 'data-start':
        this.#startContent(answer as 'go' | Refusal)
        break
      case 'data-end':
        this.#applyResult(answer as Reply | readonly Reply[])
        break
      case 'verb':
        this.#dialog = (answer as Reply).code === 334 ? event : undefined
        this.#answerWith(answer as Reply)
        break
      case 'lookup':
        this.#answerWith(answer as Reply)
        break
    }
  }

  #applyGreeting(greeting: Reply): void {
    this.#put(formatReply(greeting))
    if (greeting.code === 220) return
    if (greeting.code === 421 || greeting.code === 521) this.#close('closing')
    this.#rejected = true
  }

  /** A server that said 554 waits for QUIT. @rfc 5321 3.1 */
  #afterRejection(command: Command): undefined {
    if (command.kind !== 'quit') {
      this.#errors += 5
      this.#send(replies.notHere)
      return undefined
    }
    this.#send(replies.bye)
    this.#close('closing')
  }

  #acceptHello(extended: boolean): void {
    this.#endTransaction('reset')
    const grant = grantHello(extended, this.#hostname, this.#registry.extensions, this.context)
    this.#grant = grant
    this.#phase = 'ready'
    this.#put(formatReply(grant.reply))
    if (this.#goingDown) this.#goDown()
  }

  #begin(event: MailEvent<X>): void {
    const { reversePath, parameters, raw } = event
    this.#transaction = { reversePath, parameters: parameters as Record<string, unknown>, raw, recipients: [] }
    this.#phase = 'mail'
  }

  #accept(event: RcptEvent<X>): void {
    this.#open().recipients.push(event.forwardPath)
    this.#phase = 'rcpt'
  }

  #startContent(answer: 'go' | Refusal): void {
    if (this.#chunk !== undefined) {
      if (answer === 'go') this.#phase = 'chunking'
      else this.#chunk.refusal = answer
      return
    }
    if (answer !== 'go') {
      this.#answerWith(answer)
      return
    }
    this.#put(formatReply(replies.sendContent))
    this.#content = new DataDecoder()
    this.#contentSince = this.#contentLast = this.#now()
  }

  #applyResult(answer: Reply | readonly Reply[]): void {
    const recipients = this.#open().recipients.length
    const one = 'code' in answer
    if (!one && (!this.#lmtp || answer.length !== recipients)) throw misuse('answer')
    const results = one ? new Array<Reply>(this.#lmtp ? recipients : 1).fill(answer) : answer
    const accepted = results.some((result) => result.code < 300)
    if (accepted) this.#idle = 0
    this.#endTransaction(accepted ? 'accepted' : 'refused')
    for (const result of results) this.#answerWith(result)
  }

  // --- output and ends ---------------------------------------------------------------------------------------------

  #ask<E extends Answerable<X>>(event: E): E {
    this.#outstanding = event
    return event
  }

  #send(of: Reply): void {
    this.#put(formatReply(of, this.#grant.enhancedReplies))
  }

  #put(octets: Uint8Array): void {
    this.#out.push(octets)
    this.#outOctets += octets.length
  }

  /** Sends an answer of the owner's or an extension's; 421 ends the session. */
  #answerWith(of: Reply): void {
    if (of.code >= 500) this.#errors += 1
    this.#send(of)
    if (of.code === 421) this.#close('closing')
    else if (this.#goingDown && this.#mode === 'open') this.#goDown()
  }

  #refuse(of: Reply): undefined {
    this.#answerWith(of)
  }

  #fault(fault: WireFault, of: Refusal): ServerEvent<X> {
    this.#errors += 1
    this.#send(of)
    return { kind: 'fault', fault, reply: of }
  }

  #faultyParameter(kind: 'unknown-parameter' | 'parameter-syntax'): ServerEvent<X> {
    return this.#fault(kind, kind === 'unknown-parameter' ? replies.unknownParameter : replies.brokenParameter)
  }

  /** Content that was swallowed: one reply (LMTP: one a recipient), and the transaction is over. */
  #refuseContent(fault: WireFault, of: Refusal): ServerEvent<X> {
    const times = this.#lmtp ? this.#open().recipients.length : 1
    for (let i = 1; i < times; i++) this.#send(of)
    const event = this.#fault(fault, of)
    this.#endTransaction('fault')
    if (this.#goingDown) this.#goDown()
    return event
  }

  /** Counts a command that carries no mail forward; true when there were too many. */
  #isIdle(): boolean {
    this.#idle += 1
    if (this.#idle <= this.#limits.idleCommands) return false
    this.#told.push(this.#end('too-many-idle-commands', replies.tooManyIdle))
    return true
  }

  /** A fault that ends the session. */
  #end(fault: WireFault, of: Refusal): ServerEvent<X> {
    const event: ServerEvent<X> = { kind: 'fault', fault, reply: of }
    this.#send(of)
    this.#close('closing')
    return event
  }

  #goDown(): void {
    this.#send(replies.goingDown)
    this.#close('closing')
  }

  #close(mode: 'closing' | 'closed'): void {
    this.#endTransaction('closed')
    this.#input.clear()
    this.#mode = mode
  }

  /** The one place a transaction ends. */
  #endTransaction(outcome: TransactionOutcome): void {
    this.#content = undefined
    this.#chunk = undefined
    if (this.#phase !== 'fresh') this.#phase = 'ready'
    if (this.#transaction === undefined) return
    this.#transaction = undefined
    this.#told.push({ kind: 'transaction-end', outcome })
  }

  #open(): OpenTransaction {
    if (this.#transaction === undefined) throw misuse('transaction')
    return this.#transaction
  }

  #view(): Transaction<X> {
    return this.#open() as unknown as Transaction<X>
  }
}

function misuse(operation: string): WireError<'SESSION_MISUSE'> {
  return new WireError('SESSION_MISUSE', `server session: ${operation} out of turn`, { operation })
}

/** Verbs of a web client that found the wrong port. */
const HTTP_METHODS: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI'.split(' '))
/** First octet of a TLS record that holds a handshake. */
const TLS_HANDSHAKE = 0x16
/** @rfc 4954 4 */
const DIALOG_LINE_OCTETS = 12_288
/** Output that leaves although input waits. */
const FLUSH_OCTETS = 65_536
