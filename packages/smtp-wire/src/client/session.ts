import { formatCommand, type HelloVerb } from '../command/command.ts'
import { DataEncoder } from '../content/stuff.ts'
import { WireError } from '../error.ts'
import { createRegistry, type Registry } from '../extension/registry.ts'
import type { AnyExtension } from '../extension/types.ts'
import { concat, encodeUtf8, nothing } from '../octets.ts'
import type { Reply } from '../reply/reply.ts'
import type { ClientPhase, Loss, Offers, OutgoingTransaction } from './contract.ts'
import type { ClientEvent, ReplyEvent } from './events.ts'
import { type ClientLimits, clientLimits } from './limits.ts'
import { noOffers, readOffers } from './offers.ts'
import { planTransaction } from './plan.ts'
import { ReplyInput } from './reply-input.ts'
import { ClientTransaction } from './transaction.ts'

/** What a client session is made of. */
export interface ClientSessionOptions {
  /** Name this host greets with. */
  readonly hostname: string
  /** Their client halves plan each transaction, and their switches hold where the server offers the keyword. */
  readonly extensions: readonly AnyExtension[]
  /** Default `smtp`. @rfc 2033 */
  readonly protocol?: 'smtp' | 'lmtp'
  readonly limits?: Partial<ClientLimits>
  /** Milliseconds, from any fixed point. */
  readonly now: () => number
}

/**
 * `open`: feed, poll, take output. `want-tls`: upgrade the transport, call `tlsStarted`. `closing`: take the output and
 * close. `closed`: cut the connection, nothing more is to be sent.
 */
export type ClientMode = 'open' | 'want-tls' | 'closing' | 'closed'

/** A command: on its way out, or sent and waiting for its reply. */
interface Command {
  readonly phase: ClientPhase
  readonly octets: Uint8Array
  /** Of RCPT: whose. */
  readonly recipient?: number
}

/**
 * One client session, SMTP or LMTP, without I/O: told what to send, it emits octets; fed octets, it tells events. Feed
 * the octets of one read, poll until `undefined`, then take the output.
 *
 * It greets by itself and then takes one transaction or command at a time. Each reply is matched to the command it
 * answers, by order alone; one that answers nothing, or has no end, loses the session. Whatever happens, a transaction
 * ends in exactly one `finished`, with a result for every recipient.
 *
 * @rfc 5321 4
 * @rfc 2920 3.1
 */
export class ClientSession {
  readonly #hostname: string
  readonly #registry: Registry
  readonly #lmtp: boolean
  readonly #limits: ClientLimits
  readonly #now: () => number
  readonly #input: ReplyInput
  readonly #told: ClientEvent[] = []
  #out: Uint8Array[] = []
  #mode: ClientMode = 'open'
  #phase: ClientPhase = 'greeting'
  #awaited: Command[] = [{ phase: 'greeting', octets: nothing }]
  #awaitedOctets = 0
  /** Commands whose turn has not come: replies are due first, or the group is full. */
  #unsent: Command[] = []
  /** The last reply, or when something began to be waited for. */
  #since: number
  #greeting: Reply | undefined
  #verb: HelloVerb
  #ready = false
  #offers: Offers = noOffers
  #pipelining = false
  #transaction: ClientTransaction | undefined
  #content: DataEncoder | undefined
  /** The server still holds a transaction that came to nothing. */
  #stale = false
  /** 421 to a final dot; the session ends with its transaction. */
  #leaving: Reply | undefined

  /** @throws WireError EXTENSION_CONFLICT, UNSAFE_TEXT for the host name */
  constructor(options: ClientSessionOptions) {
    this.#hostname = options.hostname
    this.#registry = createRegistry(options.extensions)
    this.#lmtp = options.protocol === 'lmtp'
    this.#limits = { ...clientLimits, ...options.limits }
    this.#now = options.now
    this.#input = new ReplyInput(this.#limits.reply)
    this.#since = this.#now()
    this.#verb = this.#lmtp ? 'LHLO' : 'EHLO'
    this.#helloLine(this.#verb)
  }

  get mode(): ClientMode {
    return this.#mode
  }

  /** What the last hello offered. */
  get offers(): Offers {
    return this.#offers
  }

  /** Nothing is under way: a transaction, a command or STARTTLS may begin. */
  get idle(): boolean {
    const busy = this.#awaited.length > 0 || this.#unsent.length > 0 || this.#transaction !== undefined
    return this.#mode === 'open' && this.#ready && !busy
  }

  /** Feeds the octets of one read; they are copied. */
  receive(octets: Uint8Array): void {
    if (this.#mode === 'open') this.#input.feed(octets)
    else if (this.#mode === 'want-tls' && octets.length > 0) this.#lose('input-before-tls', 'starttls')
  }

  /** The next event; `undefined`: feed more. */
  poll(): ClientEvent | undefined {
    for (;;) {
      const told = this.#told.shift()
      if (told !== undefined || this.#mode !== 'open') return told
      const step = this.#input.next()
      if (step.kind === 'item') this.#take(step.value)
      else if (step.kind === 'fault') this.#lose(step.fault, this.#current())
      else {
        this.#advance()
        return this.#told.shift()
      }
    }
  }

  /** Octets to send now, as one buffer; content leaves as views of what was given. Not to be written to. */
  takeOutput(): Uint8Array | undefined {
    if (this.#mode === 'open') this.#advance()
    const octets = this.#out.length > 1 ? concat(this.#out) : this.#out[0]
    this.#out = []
    return octets
  }

  /** When to call {@link expire} if nothing comes from the server; `undefined`: nothing is waited for. */
  deadline(): number | undefined {
    if (this.#mode === 'want-tls') return this.#since + this.#limits.commandMs
    if (this.#mode !== 'open') return undefined
    if (this.#content !== undefined) return this.#since + this.#limits.contentMs
    const [first] = this.#awaited
    return first && this.#since + this.#limits[patience[first.phase]]
  }

  /** The server let the deadline pass. */
  expire(): void {
    this.#lose('timeout', this.#current())
  }

  /** The connection is gone. Poll first what came before. */
  disconnect(): void {
    this.#lose('closed', this.#current())
  }

  /** This side wants no more of it: the connection must be cut. */
  giveUp(): void {
    this.#lose('given-up', this.#current())
  }

  /**
   * Begins a transaction: MAIL, RCPT for each recipient, and DATA, in groups where the server takes them. `content` or
   * `finished` follows.
   *
   * @throws WireError SESSION_MISUSE unless idle, or without a recipient
   * @throws WireError UNSAFE_TEXT for an envelope that fits no command line; the session goes on
   */
  send(transaction: OutgoingTransaction): void {
    this.#mustBeIdle('send')
    const { length } = transaction.recipients
    if (length === 0) throw misuse('send')
    const plan = planTransaction(transaction, this.#registry, this.#offers)
    this.#transaction = new ClientTransaction(length)
    if (plan.kind === 'veto') {
      this.#transaction.veto(plan.reply, plan.by)
      return
    }
    if (this.#stale) this.#unsent.push({ phase: 'rset', octets: rset })
    this.#unsent.push({ phase: 'mail', octets: plan.mail })
    for (const [recipient, octets] of plan.rcpts.entries()) this.#unsent.push({ phase: 'rcpt', octets, recipient })
    this.#unsent.push({ phase: 'data', octets: data })
  }

  /**
   * More content, after `content`; sent dot-stuffed. Take the output before the next piece.
   *
   * @throws WireError BARE_LINE_END for a CR or LF alone; the only way on is {@link giveUp}
   */
  content(octets: Uint8Array): void {
    if (this.#content === undefined) throw misuse('content')
    this.#out.push(...this.#content.encode(octets))
    this.#since = this.#now()
  }

  /**
   * The final dot. From here on a lost session leaves `unknown` results.
   *
   * @throws WireError BARE_LINE_END when the content ended in a CR; the only way on is {@link giveUp}
   */
  endContent(): void {
    if (this.#content === undefined || this.#transaction === undefined) throw misuse('endContent')
    // What came before the dot does not answer it.
    if (this.#input.waiting > 0) {
      this.#lose('unsolicited', 'content')
      return
    }
    this.#out.push(this.#content.end())
    this.#content = undefined
    for (let replies = this.#lmtp ? this.#transaction.accepted.length : 1; replies > 0; replies--) this.#await(end)
  }

  /** STARTTLS; `reply` follows. @throws WireError SESSION_MISUSE unless idle and offered */
  startTls(): void {
    if (!this.#offers.has('STARTTLS')) throw misuse('startTls')
    this.#command('starttls', startTls)
  }

  /** TLS is up after `want-tls`: everything heard in clear is forgotten, and the hello is said anew. @rfc 3207 4.2 */
  tlsStarted(): void {
    if (this.#mode !== 'want-tls') throw misuse('tlsStarted')
    this.#mode = 'open'
    this.#ready = false
    this.#stale = false
    this.#offers = noOffers
    this.#pipelining = false
    this.#hello(this.#lmtp ? 'LHLO' : 'EHLO')
  }

  /** There is no TLS after `want-tls`. */
  tlsFailed(): void {
    this.#lose('handshake', 'starttls')
  }

  /** RSET; `reply` follows. @throws WireError SESSION_MISUSE unless idle */
  reset(): void {
    this.#command('rset', rset)
  }

  /** QUIT; `reply` follows, and the session is closing. @throws WireError SESSION_MISUSE unless idle */
  quit(): void {
    this.#command('quit', quit)
  }

  /**
   * A command of an extension, or VRFY and the like; `reply` follows, which may be 3xx: then the next command is the
   * answer. Not for commands this session sends by itself.
   *
   * @throws WireError SESSION_MISUSE unless idle
   * @throws WireError UNSAFE_TEXT
   */
  command(verb: string, argument: string): void {
    this.#command('verb', formatCommand({ kind: 'other', verb, argument }))
  }

  // --- output ------------------------------------------------------------------------------------------------------

  #command(phase: ClientPhase, octets: Uint8Array): void {
    this.#mustBeIdle(phase)
    this.#unsent.push({ phase, octets })
  }

  #hello(verb: HelloVerb): void {
    this.#verb = verb
    this.#unsent.push({ phase: 'hello', octets: this.#helloLine(verb) })
  }

  #helloLine(verb: HelloVerb): Uint8Array {
    return formatCommand({ kind: 'hello', verb, name: this.#hostname })
  }

  /** Sends what may be sent by now; ends a transaction that nothing more belongs to. */
  #advance(): void {
    for (let next = this.#unsent[0]; next !== undefined; next = this.#unsent[0]) {
      if (next.phase === 'data' && this.#transaction?.hopeless === true) {
        this.#unsent = []
        break
      }
      if (this.#awaited.length > 0 && !this.#fits(next)) return
      // What came before the command does not answer it.
      if (this.#awaited.length === 0 && this.#input.waiting > 0) {
        this.#lose('unsolicited', this.#phase)
        return
      }
      this.#unsent.shift()
      this.#await(next)
      this.#out.push(next.octets)
    }
    if (this.#awaited.length === 0 && this.#content === undefined) this.#finish()
  }

  /** @rfc 2920 3.1 */
  #fits(next: Command): boolean {
    return this.#pipelining && this.#awaitedOctets + next.octets.length <= this.#limits.groupOctets
  }

  #await(command: Command): void {
    if (this.#awaited.length === 0) this.#since = this.#now()
    this.#awaited.push(command)
    this.#awaitedOctets += command.octets.length
  }

  // --- replies -----------------------------------------------------------------------------------------------------

  #take(reply: Reply): void {
    const command = this.#awaited.shift()
    if (command === undefined) {
      this.#takeUnasked(reply)
      return
    }
    const { phase } = command
    this.#phase = phase
    this.#since = this.#now()
    this.#awaitedOctets -= command.octets.length
    if (!classes[phase].includes(Math.floor(reply.code / 100))) this.#lose('unsolicited', phase, reply)
    else if (phase === 'greeting' || phase === 'hello') this.#takeOpening(phase, reply)
    else if (phase === 'end') this.#takeEnd(reply)
    else if (this.#transaction !== undefined) this.#takeInTransaction(this.#transaction, command, reply)
    else this.#takeAlone(phase as ReplyEvent['phase'], reply)
  }

  /** A 421 may come at any time; a refusal while content flows is one, though too early. @rfc 5321 3.8 */
  #takeUnasked(reply: Reply): void {
    const early = this.#content !== undefined && reply.code >= 400 && reply.code !== 421
    if (early) this.#transaction?.refuse(reply, 'content')
    this.#lose(reply.code === 421 ? 'closed' : 'unsolicited', this.#phase, reply)
  }

  #takeOpening(phase: 'greeting' | 'hello', reply: Reply): void {
    if (phase === 'greeting') this.#greeting = reply
    if (reply.code >= 500 && phase === 'hello' && this.#verb === 'EHLO') this.#hello('HELO')
    else if (reply.code >= 300) {
      this.#told.push({ kind: 'refused', phase, reply })
      if (reply.code !== 421) this.#out.push(quit)
      this.#mode = 'closing'
    } else if (phase === 'greeting') this.#hello(this.#verb)
    else this.#takeHello(reply)
  }

  #takeHello(hello: Reply): void {
    this.#offers = this.#verb === 'HELO' ? noOffers : readOffers(hello)
    this.#pipelining = this.#registry.extensions.some(
      ({ switches, keyword }) => switches.pipelining === true && this.#offers.has(keyword),
    )
    this.#ready = true
    this.#told.push({ kind: 'ready', greeting: this.#greeting ?? hello, hello, offers: this.#offers })
  }

  /** The reply to a command that stands alone. */
  #takeAlone(phase: ReplyEvent['phase'], reply: Reply): void {
    this.#told.push({ kind: 'reply', phase, reply })
    if (phase === 'quit') this.#mode = 'closing'
    else if (reply.code === 421) this.#lose('closed', phase, reply)
    else if (phase === 'rset' && reply.code < 300) this.#stale = false
    else if (phase === 'starttls' && reply.code < 300) {
      if (this.#input.waiting > 0) this.#lose('input-before-tls', phase)
      else this.#mode = 'want-tls'
    }
  }

  #takeInTransaction(transaction: ClientTransaction, { phase, recipient = 0 }: Command, reply: Reply): void {
    if (reply.code === 421) {
      this.#lose('closed', phase, reply)
      return
    }
    const refused = reply.code >= 400
    switch (phase) {
      case 'rset':
        if (refused) this.#lose('unsolicited', phase, reply)
        else this.#stale = false
        break
      case 'mail':
        if (refused) {
          transaction.refuse(reply, phase)
          this.#unsent = []
        } else this.#stale = true
        break
      case 'rcpt':
        transaction.recipient(recipient, reply)
        break
      case 'data':
        if (refused) transaction.refuse(reply, phase)
        else this.#startContent(transaction, reply)
        break
    }
  }

  /** 354 for nobody is answered by a lone dot; LMTP has no reply to that, and does not allow it. @rfc 2033 4.2 */
  #startContent(transaction: ClientTransaction, reply: Reply): void {
    if (transaction.accepted.length > 0) {
      this.#content = new DataEncoder()
      this.#phase = 'content'
      this.#told.push({ kind: 'content' })
    } else if (this.#lmtp) this.#lose('unsolicited', 'data', reply)
    else {
      this.#out.push(loneDot)
      this.#await(end)
    }
  }

  #takeEnd(reply: Reply): void {
    this.#stale = false
    this.#transaction?.end(reply, this.#lmtp)
    // Replies for other recipients may follow a 421.
    if (reply.code === 421) this.#leaving = reply
  }

  // --- ends --------------------------------------------------------------------------------------------------------

  #finish(): void {
    if (this.#transaction === undefined) return
    this.#told.push({ kind: 'finished', recipients: this.#transaction.results })
    this.#transaction = undefined
    if (this.#leaving !== undefined) this.#lose('closed', 'end', this.#leaving)
  }

  /** The one place a session is lost. */
  #lose(loss: Loss, phase: ClientPhase, reply?: Reply): void {
    if (this.#mode === 'closed') return
    const over = this.#mode === 'closing'
    this.#mode = 'closed'
    this.#out = []
    this.#input.clear()
    if (over) return
    this.#transaction?.lose(loss, phase, reply)
    this.#finish()
    this.#told.push({ kind: 'lost', loss, phase, ...(reply !== undefined && { reply }) })
  }

  #current(): ClientPhase {
    return this.#awaited[0]?.phase ?? this.#phase
  }

  #mustBeIdle(operation: string): void {
    if (!this.idle) throw misuse(operation)
  }
}

function misuse(operation: string): WireError<'SESSION_MISUSE'> {
  return new WireError('SESSION_MISUSE', `client session: ${operation} out of turn`, { operation })
}

/** First digits a command's reply can have. @rfc 5321 4.3.2 */
const classes: Readonly<Record<ClientPhase, readonly number[]>> = {
  greeting: [2, 4, 5],
  hello: [2, 4, 5],
  starttls: [2, 4, 5],
  verb: [2, 3, 4, 5],
  mail: [2, 4, 5],
  rcpt: [2, 4, 5],
  data: [3, 4, 5],
  content: [],
  end: [2, 4, 5],
  rset: [2, 4, 5],
  quit: [2, 4, 5],
}

/** How long each reply may take. @rfc 5321 4.5.3.2 */
const patience = {
  greeting: 'greetingMs',
  hello: 'commandMs',
  starttls: 'commandMs',
  verb: 'commandMs',
  mail: 'mailMs',
  rcpt: 'rcptMs',
  data: 'dataMs',
  content: 'contentMs',
  end: 'endMs',
  rset: 'commandMs',
  quit: 'quitMs',
} as const satisfies Readonly<Record<ClientPhase, keyof ClientLimits>>

const plain = (verb: string): Uint8Array => encodeUtf8(`${verb}\r\n`)
const rset = plain('RSET')
const data = plain('DATA')
const quit = plain('QUIT')
const startTls = plain('STARTTLS')
const loneDot = plain('.')
/** What answers a final dot. */
const end: Command = { phase: 'end', octets: nothing }
