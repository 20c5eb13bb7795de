import type { RecipientResult } from '../client/contract.ts'
import type { ClientEvent, FinishedEvent, LostEvent } from '../client/events.ts'
import { ClientSession } from '../client/session.ts'
import { WireError } from '../error.ts'
import type { Offers } from '../extension/types.ts'
import type { Reply } from '../reply/reply.ts'
import type { ClientConnection, ConnectOptions, Opening, Outgoing, Securing, TransactionReport } from './connection.ts'
import { Deadline } from './deadline.ts'
import type { AbortLike } from './environment.ts'
import type { Soon } from './handler.ts'
import type { TlsInfo, TlsOptions, Transport } from './transport.ts'

/**
 * Opens a session with the server at the other end of a transport: waits for its greeting and says hello. Never rejects
 * for what the server does; unless the outcome is `open` the transport is closed.
 *
 * @throws WireError EXTENSION_CONFLICT, UNSAFE_TEXT (as a rejection) for what cannot work with any server
 */
export async function connect(transport: Transport, options: ConnectOptions): Promise<Opening> {
  return new Connection(transport, options).open(options.signal)
}

class Connection implements ClientConnection {
  readonly transport: Transport
  readonly #session: ClientSession
  readonly #deadline: Deadline
  readonly #told: ClientEvent[] = []
  #wake: ((event: ClientEvent) => void) | undefined
  #greeting: Reply | undefined
  #lost: LostEvent | undefined
  #writing: Promise<void> | undefined
  #busy = true

  constructor(transport: Transport, { clock, signal: _, ...options }: ConnectOptions) {
    this.transport = transport
    this.#session = new ClientSession({ ...options, tls: transport.tls !== undefined, now: () => clock.monotonic() })
    this.#deadline = new Deadline(clock, {
      due: () => this.#session.deadline(),
      expire: () => {
        this.#session.expire()
        this.#step()
      },
    })
  }

  get greeting(): Reply {
    return this.#greeting as Reply
  }

  get offers(): Offers {
    return this.#session.offers
  }

  get tls(): TlsInfo | undefined {
    return this.transport.tls
  }

  get usable(): boolean {
    return this.#session.mode === 'open'
  }

  async open(signal: AbortLike | undefined): Promise<Opening> {
    const unwatch = watch(signal, () => this.close())
    void this.#readOn()
    this.#step()
    const event = await this.#next()
    unwatch()
    this.#busy = false
    if (event.kind !== 'ready') return event as Opening
    this.#greeting = event.greeting
    return { kind: 'open', connection: this }
  }

  startTls(options: TlsOptions): Promise<Securing> {
    return this.#alone('startTls', () => this.#secure(options))
  }

  send(outgoing: Outgoing): Promise<TransactionReport> {
    return this.#alone('send', async () => {
      if (!this.usable) return this.#notSent(outgoing)
      this.#session.send(outgoing)
      const unwatch = watch(outgoing.signal, () => this.close())
      this.#step()
      let event = await this.#next()
      let error: unknown
      if (event.kind === 'content') {
        const finished = this.#next()
        error = await this.#sendContent(outgoing, finished)
        event = await finished
      }
      unwatch()
      const { recipients } = event as FinishedEvent
      return { recipients, usable: this.usable, ...(error !== undefined && { error }) }
    })
  }

  command(verb: string, argument: string): Promise<Reply | undefined> {
    return this.#alone('command', () => this.#reply(() => this.#session.command(verb, argument)))
  }

  respond(line: string): Promise<Reply | undefined> {
    return this.#alone('respond', () => this.#reply(() => this.#session.respond(line)))
  }

  probe(): Promise<boolean> {
    return this.#alone('probe', async () => {
      const reply = await this.#reply(() => this.#session.reset())
      return reply !== undefined && reply.code < 300
    })
  }

  quit(): Promise<void> {
    return this.#alone('quit', async () => {
      await this.#reply(() => this.#session.quit())
    })
  }

  close(): void {
    this.#session.giveUp()
    this.#step()
  }

  async #secure(options: TlsOptions): Promise<Securing> {
    if (!this.usable) return this.#lost ?? gone
    if (this.tls !== undefined || !this.offers.has('STARTTLS')) return { kind: 'refused' }
    const reply = await this.#reply(() => this.#session.startTls())
    if (this.#lost !== undefined) return this.#lost
    if (this.#session.mode !== 'want-tls') return { kind: 'refused', ...(reply !== undefined && { reply }) }
    let tls: TlsInfo
    try {
      tls = await this.transport.startTls(options)
    } catch (error) {
      this.#session.tlsFailed()
      this.#step()
      return { ...(this.#lost ?? gone), because: reasonOf(error) }
    }
    this.#session.tlsStarted()
    void this.#readOn()
    this.#step()
    const event = await this.#next()
    if (event.kind === 'ready') return { kind: 'secured', tls }
    return event.kind === 'refused' ? { ...gone, reply: event.reply } : (event as LostEvent)
  }

  /** Gives the content to the session until it is over; returns what went wrong on this side. */
  async #sendContent({ content, beforeEnd }: Outgoing, finished: Promise<unknown>): Promise<unknown> {
    const over = finished.then(() => undefined)
    try {
      if (!(content instanceof Uint8Array)) await this.#sendStream(content, over)
      else if (content.length > PIECE_OCTETS) await this.#sendPieces(content, over)
      // Small content waits for the final dot, to leave with it.
      else if (this.usable) this.#session.content(content)
      if (this.#session.wantsContent && beforeEnd !== undefined) {
        let answer: Soon<boolean | undefined> = beforeEnd()
        if (answer instanceof Promise) {
          this.#step()
          answer = await Promise.race([answer, over])
        }
        if (answer !== true) this.close()
      }
      if (this.usable) this.#session.endContent()
      this.#step()
    } catch (error) {
      this.close()
      return error
    }
    return undefined
  }

  async #sendStream(content: AsyncIterable<Uint8Array>, over: Promise<undefined>): Promise<void> {
    const source = content[Symbol.asyncIterator]()
    let exhausted = false
    try {
      while (this.#session.wantsContent && !exhausted) {
        const step = await Promise.race([source.next(), over])
        if (step?.done === true) exhausted = true
        else if (step !== undefined) await this.#sendPieces(step.value, over)
      }
    } finally {
      // Not waited for: a source that hangs would hang here too.
      if (!exhausted) void source.return?.().catch(() => undefined)
    }
  }

  async #sendPieces(content: Uint8Array, over: Promise<undefined>): Promise<void> {
    for (let at = 0; at < content.length && this.#session.wantsContent; at += PIECE_OCTETS) {
      this.#session.content(content.subarray(at, at + PIECE_OCTETS))
      this.#step()
      if (this.#writing !== undefined) await Promise.race([this.#writing, over])
    }
  }

  #notSent({ recipients }: Outgoing): TransactionReport {
    const { loss, phase, reply } = this.#lost ?? gone
    const result: RecipientResult = { kind: 'lost', loss, phase, ...(reply !== undefined && { reply }) }
    return { recipients: recipients.map(() => result), usable: false }
  }

  async #reply(begin: () => void): Promise<Reply | undefined> {
    if (!this.usable) return undefined
    begin()
    this.#step()
    const event = await this.#next()
    return event.kind === 'reply' ? event.reply : undefined
  }

  /** One call at a time. */
  async #alone<T>(operation: string, run: () => Promise<T>): Promise<T> {
    if (this.#busy)
      throw new WireError('SESSION_MISUSE', `connection: ${operation} while another call is under way`, { operation })
    this.#busy = true
    try {
      return await run()
    } finally {
      this.#busy = false
    }
  }

  /** The next event that a call waits for; the loss, over and over, once there is one. */
  #next(): Promise<ClientEvent> {
    const event = this.#told.shift() ?? this.#lost
    return event !== undefined
      ? Promise.resolve(event)
      : new Promise((resolve) => {
          this.#wake = resolve
        })
  }

  #hear(event: ClientEvent): void {
    if (event.kind === 'lost') this.#lost = event
    const wake = this.#wake
    this.#wake = undefined
    if (wake !== undefined) wake(event)
    else if (event.kind !== 'lost') this.#told.push(event)
  }

  async #readOn(): Promise<void> {
    while (this.usable) {
      const octets = await this.transport.read()
      if (octets === undefined) this.#session.disconnect()
      else this.#session.receive(octets)
      this.#step()
    }
  }

  /** Hears what the session has to tell, and sends what it wants sent. */
  #step(): void {
    for (let event = this.#session.poll(); event !== undefined; event = this.#session.poll()) this.#hear(event)
    this.#write()
    const { mode } = this.#session
    if (mode === 'closed' || mode === 'closing') {
      this.#deadline.stop()
      // A server that takes no output will not take QUIT either.
      if (mode === 'closed' || this.#writing !== undefined) this.transport.destroy()
      else this.transport.close()
    } else this.#deadline.watch()
  }

  #write(): void {
    while (this.#writing === undefined) {
      const output = this.#session.takeOutput()
      if (output === undefined) return
      this.#writing = this.transport.write(output)?.then(() => {
        this.#writing = undefined
        this.#step()
      })
    }
  }
}

/** Runs `stop` when the signal fires, or at once if it has; the result ends that. */
function watch(signal: AbortLike | undefined, stop: () => void): () => void {
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop)
  return () => signal?.removeEventListener('abort', stop)
}

/** The word of a failed handshake. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' ? code : error.message
}

/** Of a session that ended as it should. */
const gone: LostEvent = { kind: 'lost', loss: 'closed', phase: 'quit' }

const PIECE_OCTETS = 65_536
