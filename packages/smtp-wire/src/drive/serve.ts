import type { AnyExtension } from '../extension/types.ts'
import { type Reply, reply } from '../reply/reply.ts'
import type { Answerable, AnswerTo, ServerEvent } from '../server/events.ts'
import { serverLimits } from '../server/limits.ts'
import { ServerSession, type ServerSessionOptions } from '../server/session.ts'
import { Deadline, type Waiter } from './deadline.ts'
import type { AbortLike, Clock, Log } from './environment.ts'
import type { ServerHandler, Soon } from './handler.ts'
import { leave, listenTo, type Stoppable } from './listeners.ts'
import type { Transport } from './transport.ts'

/** What a server session is driven with. */
export interface ServeOptions<X extends readonly AnyExtension[]> extends Omit<ServerSessionOptions<X>, 'now' | 'peer'> {
  readonly handler: ServerHandler<X>
  readonly clock: Clock
  /** Hears of the handler's own faults. Silent by default. */
  readonly log?: Log
  /** When it fires the peer is told 421 as soon as no content is under way, and the session ends. @rfc 5321 3.8 */
  readonly signal?: AbortLike
}

/**
 * Runs one server session over a transport to its end, and closes the transport. Nothing is read while an answer or the
 * promise of a `body` is pending, so a slow handler slows its peer; only a greeting that takes its time is listened
 * during, so that whoever talks first is found out. Never rejects for what the peer does or the handler throws.
 *
 * @throws WireError EXTENSION_CONFLICT (as a rejection) before anything is sent
 */
export function serve<const X extends readonly AnyExtension[]>(
  transport: Transport,
  options: ServeOptions<X>,
): Promise<void> {
  let serving: Serving<X>
  try {
    serving = new Serving(transport, options)
  } catch (error) {
    return Promise.reject(error)
  }
  return serving.run()
}

class Serving<const X extends readonly AnyExtension[]> implements Waiter, Stoppable {
  readonly #transport: Transport
  readonly #handler: ServerHandler<X>
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #signal: AbortLike | undefined
  readonly #patience: number
  readonly #session: ServerSession<X>
  readonly #deadline: Deadline
  /** What the peer is waited for to do; nothing of the handler's is under way then. */
  #awaited: 'octets' | 'room' | 'handshake' | undefined
  #awaitedSince = 0
  /** A read that began before its time. */
  #ahead: Promise<Uint8Array | undefined> | undefined
  /** The handler failed on content: the rest is swallowed and refused. */
  #contentLost = false

  constructor(transport: Transport, options: ServeOptions<X>) {
    const { handler, clock, log, signal, ...session } = options
    this.#transport = transport
    this.#handler = handler
    this.#clock = clock
    this.#log = log
    this.#signal = signal
    this.#patience = options.limits?.commandMs ?? serverLimits.commandMs
    this.#session = new ServerSession<X>({
      ...session,
      peer: transport.peer.address,
      ...(transport.tls !== undefined && { tls: 'active' }),
      now: () => clock.monotonic(),
    })
    this.#deadline = new Deadline(clock, this)
  }

  /** One function, where another would wait for it: it stands for as long as the connection does. */
  async run(): Promise<void> {
    if (this.#signal !== undefined) listenTo(this.#signal, this)
    try {
      for (let going = true; going; ) {
        // Most events are answered at once, and then there is nothing to wait for but the peer.
        for (let answer = this.#nextAnswer(); answer !== undefined; answer = this.#nextAnswer()) await answer
        const room = this.#write()
        const { mode } = this.#session
        if (room !== undefined) await this.#wait('room', room)
        else if (mode === 'want-tls') going = await this.#secure()
        else if (mode === 'open') {
          this.#await('octets')
          going = this.#hear(await (this.#ahead ?? this.#transport.read()))
        } else going = false
      }
    } catch (error) {
      this.#report('session', error)
    }
    if (this.#signal !== undefined) leave(this.#signal, this)
    this.#deadline.stop()
    this.#transport.close()
    this.#session.disconnect()
    for (let answer = this.#nextAnswer(); answer !== undefined; answer = this.#nextAnswer()) await answer
    await this.#tell('closed', () => this.#handler.closed())
  }

  /** Takes what was read. In a method of its own, so that nobody keeps the buffer while the next is waited for. */
  #hear(octets: Uint8Array | undefined): boolean {
    this.#awaited = undefined
    this.#ahead = undefined
    if (octets !== undefined) this.#session.receive(octets)
    return octets !== undefined
  }

  /** Handles events up to the first that takes its time; `undefined`: there are no more. */
  #nextAnswer(): Promise<void> | undefined {
    for (let event = this.#session.poll(); event !== undefined; event = this.#session.poll()) {
      const pending = this.#handle(event)
      if (pending !== undefined) return this.#answered(event, pending)
    }
    return undefined
  }

  async #answered(event: ServerEvent<X>, pending: Promise<void>): Promise<void> {
    const room = this.#write()
    if (room !== undefined) await this.#wait('room', room)
    await (event.kind === 'greet' ? this.#listenDuring(pending) : pending)
  }

  #write(): Promise<void> | undefined {
    const output = this.#session.takeOutput()
    return output === undefined ? undefined : this.#transport.write(output)
  }

  /** A peer that talks before it was greeted is heard: the session holds it against it. */
  async #listenDuring(greeting: Promise<void>): Promise<void> {
    let early = true
    this.#ahead = this.#transport.read().then((octets) => {
      if (early && octets !== undefined) {
        this.#ahead = undefined
        this.#session.receive(octets)
      }
      return octets
    })
    await greeting
    early = false
  }

  #handle(event: ServerEvent<X>): Promise<void> | undefined {
    const handler = this.#handler
    switch (event.kind) {
      case 'greet':
        return this.#ask(event, () => handler.greet(event))
      case 'hello':
        return this.#ask(event, () => handler.hello(event))
      case 'mail':
        return this.#ask(event, () => handler.mail(event))
      case 'rcpt':
        return this.#ask(event, () => handler.rcpt(event))
      case 'data-start':
        return this.#ask(event, () => handler.dataStart(event))
      case 'body':
        return this.#contentLost ? undefined : this.#pass(event.octets)
      case 'data-end':
        if (!this.#contentLost) return this.#ask(event, () => handler.dataEnd(event))
        this.#session.answer(event, ourFault as AnswerTo<typeof event>)
        return undefined
      case 'verb':
        return this.#ask(event, () => handler.verb(event))
      case 'lookup':
        return this.#ask(event, () => handler.lookup(event))
      case 'transaction-end':
        this.#contentLost = false
        return this.#tell('ended', () => handler.ended(event.outcome))
      case 'fault':
        return this.#tell('fault', () => handler.fault(event))
    }
  }

  /** Asks the handler and answers the session, at once where the handler does. */
  #ask<E extends Answerable<X>>(event: E, ask: () => Soon<AnswerTo<E>>): Promise<void> | undefined {
    const apologise = (error: unknown): void => {
      this.#report(event.kind, error)
      this.#session.answer(event, ourFault as AnswerTo<E>)
    }
    const apply = (answer: AnswerTo<E>): void => {
      try {
        this.#session.answer(event, answer)
      } catch (error) {
        apologise(error)
      }
    }
    let answer: Soon<AnswerTo<E>>
    try {
      answer = ask()
    } catch (error) {
      apologise(error)
      return undefined
    }
    if (answer instanceof Promise) return answer.then(apply, apologise)
    apply(answer)
    return undefined
  }

  #pass(octets: Uint8Array): Promise<void> | undefined {
    const lose = (error: unknown): void => {
      this.#report('body', error)
      this.#contentLost = true
    }
    try {
      return this.#handler.body(octets)?.catch(lose)
    } catch (error) {
      lose(error)
      return undefined
    }
  }

  /** Tells the handler what needs no answer. */
  #tell(what: string, tell: () => void | Promise<void>): Promise<void> | undefined {
    try {
      return tell()?.catch((error: unknown) => this.#report(what, error))
    } catch (error) {
      this.#report(what, error)
      return undefined
    }
  }

  #report(during: string, error: unknown): void {
    this.#log?.warn('handler-failed', { during, error, peer: this.#transport.peer.address })
  }

  /** Waits for the peer, within the deadline. */
  async #wait<T>(what: 'room' | 'handshake', peer: Promise<T>): Promise<T> {
    this.#await(what)
    try {
      return await peer
    } finally {
      this.#awaited = undefined
    }
  }

  #await(what: 'octets' | 'room' | 'handshake'): void {
    this.#awaited = what
    this.#awaitedSince = this.#clock.monotonic()
    this.#deadline.watch()
  }

  due(): number | undefined {
    if (this.#awaited === undefined) return undefined
    return this.#awaited === 'octets' ? this.#session.deadline() : this.#awaitedSince + this.#patience
  }

  expire(): void {
    if (this.#awaited === 'octets') {
      this.#session.expire()
      this.#leave()
    } else this.#transport.destroy()
  }

  /** The signal has fired. */
  stop(): void {
    this.#session.shutdown()
    if (this.#awaited === 'octets' && this.#session.mode === 'closing') this.#leave()
  }

  /** Says the last words while a read is pending; closing ends that read. */
  #leave(): void {
    const words = this.#session.takeOutput()
    if (words !== undefined) void this.#transport.write(words)
    this.#transport.close()
  }

  async #secure(): Promise<boolean> {
    try {
      const tls = await this.#wait('handshake', this.#transport.startTls({ role: 'server' }))
      this.#session.tlsStarted()
      await this.#tell('secured', () => this.#handler.secured(tls))
      return true
    } catch (error) {
      this.#log?.info('tls-handshake-failed', { error, peer: this.#transport.peer.address })
      return false
    }
  }
}

const ourFault: Reply<451> = reply(451, '3.0', 'Local error; come again')
