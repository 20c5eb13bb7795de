import { formatCommand, type HelloVerb } from '../command/command.ts'
import { createRegistry, type Registry } from '../extension/registry.ts'
import type { AnyExtension, Offers, ServerFacts } from '../extension/types.ts'
import type { Reply } from '../reply/reply.ts'
import { ChunkOutput, type ContentOutput } from './content.ts'
import type { ClientPhase, Loss } from './contract.ts'
import type { ClientEvent } from './events.ts'
import { type ClientLimits, clientLimits } from './limits.ts'
import { noOffers } from './offers.ts'
import { Pipeline } from './pipeline.ts'
import { ReplyInput } from './reply-input.ts'
import { chunk, greeting, type PendingCommand } from './table.ts'
import type { ClientTransaction } from './transaction.ts'

/** What a client session is made of. */
export interface ClientSessionOptions {
  /** Name this host greets with. */
  readonly hostname: string
  /** Their client halves plan each transaction, and their switches hold where the server offers the keyword. */
  readonly extensions: readonly AnyExtension[]
  /** Default `smtp`. @rfc 2033 */
  readonly protocol?: 'smtp' | 'lmtp'
  /** The connection began with TLS. */
  readonly tls?: boolean
  readonly limits?: Partial<ClientLimits>
  /** Milliseconds, from any fixed point. */
  readonly now: () => number
}

/**
 * `open`: feed, poll, take output. `want-tls`: upgrade the transport, call `tlsStarted`. `closing`: take the output and
 * close. `closed`: cut the connection, nothing more is to be sent.
 */
export type ClientMode = 'open' | 'want-tls' | 'closing' | 'closed'

/** All a session knows, and the few moves that everything it does is made of. */
export class ClientState {
  readonly registry: Registry
  readonly lmtp: boolean
  tls: boolean
  authenticated = false
  readonly limits: ClientLimits
  readonly now: () => number
  readonly input: ReplyInput
  readonly pipeline: Pipeline
  /** Events that wait to be polled. */
  readonly told: ClientEvent[] = []
  mode: ClientMode = 'open'
  /** What the last reply answered, or `content`. */
  phase: ClientPhase = 'greeting'
  /** The last reply came, or something began to be waited for. */
  since: number
  greeting: Reply | undefined
  /** The last hello said. */
  verb: HelloVerb
  ready = false
  offers: Offers = noOffers
  /** Those of them that extensions of this client can use. */
  known: Offers = noOffers
  transaction: ClientTransaction | undefined
  /** Content under way. */
  content: ContentOutput | undefined
  /** Content goes by BDAT: both sides know it, and groups, for chunks are not waited for. */
  chunking = false
  /** A 334 was heard: a line that answers it is due. */
  challenged = false
  /** The server still holds a transaction that came to nothing. */
  stale = false
  /** 421 to a final dot; the session ends with its transaction. */
  leaving: Reply | undefined
  readonly #hostname: string
  #output: Uint8Array[] = []

  constructor(options: ClientSessionOptions) {
    this.#hostname = options.hostname
    this.registry = createRegistry(options.extensions)
    this.lmtp = options.protocol === 'lmtp'
    this.tls = options.tls === true
    this.limits = { ...clientLimits, ...options.limits }
    this.now = options.now
    this.input = new ReplyInput(this.limits.reply)
    this.pipeline = new Pipeline(this.limits.groupOctets)
    this.verb = this.lmtp ? 'LHLO' : 'EHLO'
    // A name that cannot be said is found out here.
    this.#helloOf(this.verb)
    this.since = this.now()
    this.pipeline.await(greeting)
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.calm && !this.challenged
  }

  /** Nothing is under way but perhaps a dialogue. */
  get calm(): boolean {
    return this.mode === 'open' && this.ready && this.pipeline.empty && this.transaction === undefined
  }

  /** What the next reply answers; else what the last one did. */
  get current(): ClientPhase {
    return this.pipeline.awaited?.phase ?? this.phase
  }

  /** Says hello; all that the last one granted is forgotten. */
  hello(verb: HelloVerb): void {
    this.verb = verb
    this.ready = false
    this.offers = noOffers
    this.known = noOffers
    this.pipeline.grouped = false
    this.chunking = false
    this.pipeline.put({ phase: 'hello', octets: this.#helloOf(verb) })
  }

  /** The server, as far as extensions of this client can use it. */
  get server(): ServerFacts {
    const { known: offers, tls, lmtp, authenticated } = this
    return { offers, tls, lmtp, authenticated }
  }

  put(octets: Uint8Array): void {
    this.#output.push(octets)
  }

  takeOutput(): readonly Uint8Array[] {
    const output = this.#output
    this.#output = []
    return output
  }

  /** A reply is waited for without a command to send. */
  await(command: PendingCommand): void {
    if (this.pipeline.awaited === undefined) this.since = this.now()
    this.pipeline.await(command)
  }

  /** Sends what may be sent by now; ends a transaction that nothing more belongs to. */
  advance(): void {
    while (this.mode === 'open' && this.pipeline.mayNext) {
      if (this.pipeline.next?.phase === 'data' && this.transaction?.hopeless === true) {
        this.pipeline.dropUnsent()
        break
      }
      if (this.pipeline.awaited === undefined) {
        // What came before the command does not answer it.
        if (this.input.waiting > 0) {
          this.lose('unsolicited', this.phase)
          return
        }
        this.since = this.now()
      }
      this.put(this.pipeline.send().octets)
    }
    if (this.pipeline.empty && this.content === undefined && !this.#startChunks()) this.finish()
  }

  /** Every RCPT is answered: content by BDAT begins, where there is somebody to get it. */
  #startChunks(): boolean {
    const { transaction } = this
    if (transaction?.chunks === undefined || transaction.accepted.length === 0) return false
    this.startContent(new ChunkOutput(transaction.chunks === 'binary', () => this.await(chunk)))
    return true
  }

  startContent(content: ContentOutput): void {
    if (this.transaction !== undefined) this.transaction.chunks = undefined
    this.content = content
    this.phase = 'content'
    this.told.push({ kind: 'content' })
  }

  /** The one place a transaction ends. */
  finish(): void {
    if (this.transaction === undefined) return
    this.told.push({ kind: 'finished', recipients: this.transaction.results })
    this.transaction = undefined
    if (this.leaving !== undefined) this.lose('closed', 'end', this.leaving)
  }

  /** The one place a session is lost. What was to be sent is not sent any more. */
  lose(loss: Loss, phase: ClientPhase, reply?: Reply): void {
    if (this.mode === 'closed') return
    const over = this.mode === 'closing'
    this.mode = 'closed'
    this.#output = []
    this.input.clear()
    if (over) return
    this.transaction?.lose(loss, phase, reply)
    this.finish()
    this.told.push({ kind: 'lost', loss, phase, ...(reply !== undefined && { reply }) })
  }

  #helloOf(verb: HelloVerb): Uint8Array {
    return formatCommand({ kind: 'hello', verb, name: this.#hostname })
  }
}
