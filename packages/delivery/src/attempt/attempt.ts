import { normalName } from '@angarium/dns-client'
import type { Lease, LeasedRecipient } from '@angarium/queue'
import { type RecipientResult, type ReversePath, WireError } from '@angarium/smtp-wire'
import type { ClientConnection, Outgoing } from '@angarium/smtp-wire/drive'
import { readResult } from '../outcome/classify.ts'
import { tooLate } from '../outcome/deadline.ts'
import { deferred, failed, type Outcome, type Trouble } from '../outcome/outcome.ts'
import { type Circumstances, plain, type Result } from '../outcome/result.ts'
import { needsUtf8 } from '../plan/plan.ts'
import type { Self } from '../route/self.ts'
import { type OpenContext, open } from '../transport/open.ts'
import type { Pool } from '../transport/pool.ts'
import type { Stop, StopStage } from '../transport/stop.ts'
import { isSecured, nameOf, type Peer, peerOf, type Session, sessionOf, type Target } from '../transport/target.ts'
import type { ReadContent } from './content.ts'
import { outgoingParameters } from './parameters.ts'
import { Preparation, type PreparationContext, type Prepared, type Unprepared } from './preparation.ts'
import { type Addressed, forwardPathOf, nextRecipients, outgoing, reversePathOf } from './transaction.ts'

/** What attempts need beside their message. */
export interface AttemptContext extends OpenContext, PreparationContext {
  readonly self: Self
  readonly pool: Pool
  /** Most sessions of one attempt. */
  readonly maxSessions: number
  /** Most recipients of one transaction. */
  readonly maxRecipients: number
}

/** What keeps a message from its recipients, and where. */
interface Hindrance {
  readonly outcome: Trouble
  readonly peer?: Peer
}

/**
 * What came of a host. `heard`: it was told of the message. `gone`: not, its session had ended before. `unfit`: there is no
 * session, or none that the message may go over. `full`: the session takes no more, another one does.
 */
type Visit = 'heard' | 'gone' | 'unfit' | 'full'

/** Brings one message to the recipients of one lease, over one address after the other, until all are settled. */
export class Attempt {
  readonly #lease: Lease
  readonly #context: AttemptContext
  readonly #stop: Stop
  readonly #preparation: Preparation
  readonly #results: Result[] = []
  #pending: readonly Addressed[] = []
  /** What stands in the way of those pending, and where. */
  #trouble: Hindrance | undefined
  /** What forbids to go on, at any address. */
  #fault: Hindrance | undefined
  /** The session that transactions go over, and whether the final dot of the last one was sent. */
  #sending: ClientConnection | undefined
  #ending = false

  constructor(lease: Lease, content: ReadContent, context: AttemptContext, stop: Stop) {
    this.#lease = lease
    this.#context = context
    this.#stop = stop
    this.#preparation = new Preparation(lease, content, context, stop)
  }

  /** One result for every recipient of the lease. Never rejects. */
  async run(targets: readonly Target[]): Promise<readonly Result[]> {
    const { recipients, reversePath } = this.#lease
    const from = reversePathOf(reversePath)
    if (from === undefined) {
      for (const recipient of recipients) this.#settle(recipient, failed('5.1.7', 'the sender is no address'))
      return this.#results
    }
    const pending: Addressed[] = []
    for (const recipient of recipients) {
      const path = forwardPathOf(recipient.address)
      if (path === undefined) this.#settle(recipient, failed('5.1.3', 'the recipient is no address'))
      else pending.push({ recipient, path })
    }
    this.#pending = pending
    const release = this.#stop.on(this.#cut)
    try {
      await this.#walk(warmFirst(targets, this.#context.pool), from)
    } catch (error) {
      this.#fail('delivery-error', error, deferred('4.3.0', 'internal error while delivering'))
    } finally {
      release()
      this.#preparation.release()
    }
    if (this.#pending.length === 0) return this.#results
    const { outcome, ...where } = this.#remainder()
    for (const { recipient } of this.#pending) this.#settle(recipient, outcome, where)
    return this.#results
  }

  async #walk(targets: readonly Target[], from: ReversePath): Promise<void> {
    let sessions = 0
    for (let at = 0; sessions < this.#context.maxSessions && !this.#isOver(); ) {
      const target = targets[at]
      if (target === undefined) return
      const visit = await this.#visit(target, from)
      if (visit === 'heard') sessions++
      // A session that was full has brought something on its way, or had waited in vain.
      if (visit !== 'full') at++
    }
  }

  /** Sends over a session that waits for work, else over a new one. */
  async #visit(target: Target, from: ReversePath): Promise<Visit> {
    const { pool } = this.#context
    const taken = pool.take(target, this.#stop)
    const waiting = taken instanceof Promise ? await taken : taken
    const visit = waiting === undefined ? 'gone' : await this.#transfer(waiting, from)
    if (visit !== 'gone' || this.#isOver()) return visit
    const opened = await open(target, this.#context, this.#stop)
    if (opened.kind !== 'open') {
      this.#note(opened, peerOf({ target }))
      return 'unfit'
    }
    if (this.#isOurselves(target, opened.connection)) return 'unfit'
    return this.#transfer(sessionOf(target, opened.connection, this.#context.extensions), from)
  }

  #isOver(): boolean {
    return this.#pending.length === 0 || this.#stop.aborted || this.#fault !== undefined
  }

  /** How those come out whom nobody took or refused. */
  #remainder(): { readonly outcome: Outcome; readonly peer?: Peer } {
    if (this.#stop.aborted) return { outcome: { kind: 'returned' } }
    return this.#fault ?? this.#trouble ?? { outcome: deferred('4.4.1', 'no address to try') }
  }

  /** Leaves a host found by MX that greets with our own name, when neither name nor address had told. */
  #isOurselves(target: Target, connection: ClientConnection): boolean {
    const [name = ''] = (connection.greeting.text[0] ?? '').split(' ', 1)
    if (!target.byMx || !this.#context.self.hasName(normalName(name) ?? '')) return false
    this.#context.leave(connection)
    this.#note(failed('5.4.6', `${nameOf(target)} is this host: the mail loops back`), peerOf({ target, connection }))
    return true
  }

  /** Sends until all are settled or the session ends, and gives the session back. */
  async #transfer(session: Session, from: ReversePath): Promise<Visit> {
    const { pool } = this.#context
    const isOld = session.transactions > 0
    let isFull = false
    try {
      const prepared = this.#prepare(session)
      const message = prepared instanceof Promise ? await prepared : prepared
      if (message === undefined) return 'unfit'
      for (let isUsable = true; isUsable && !this.#isOver(); ) {
        const pending = message.plan.asciiOnly ? this.#pending.filter(isInAscii) : this.#pending
        if (pending.length === 0) break
        const to = nextRecipients(pending, session, this.#context.maxRecipients)
        isFull = to.length === 0
        if (isFull) return 'full'
        const transaction = this.#transaction(session, from, to, message)
        if (transaction === undefined) break
        this.#sending = session.connection
        this.#ending = false
        session.transactions++
        const report = await session.connection.send(transaction)
        if (report.error !== undefined) this.#unsendable(report.error)
        if (isOld && report.recipients.every(isGone)) return 'gone'
        this.#read(to, report.recipients, session, message)
        isUsable = report.usable
      }
      return 'heard'
    } finally {
      this.#sending = undefined
      if (isFull) pool.leave(session.connection)
      else pool.put(session)
    }
  }

  /** `undefined`: the time for it is over. */
  #transaction(session: Session, from: ReversePath, to: readonly Addressed[], message: Prepared): Outgoing | undefined {
    const recipients = to.map(({ recipient }) => recipient)
    const now = this.#context.clock.now()
    const parameters = outgoingParameters(this.#lease, recipients, message.host, isSecured(session), now)
    if (parameters === undefined) {
      this.#fault = { outcome: tooLate() }
      return undefined
    }
    return outgoing({ from, to, parameters, message, beforeEnd: this.#mayEnd })
  }

  /**
   * Told to stop, a transaction is cut, except where the final dot is on its way: a reply is then worth the wait, for
   * without it the message would be sent again.
   */
  readonly #cut = (stage: StopStage): void => {
    if (stage === 'now' || !this.#ending) this.#sending?.close()
  }

  readonly #mayEnd = (): boolean => {
    this.#ending = !this.#stop.aborted
    return this.#ending
  }

  /** The message as it goes to this host; `undefined`: it does not, and why is kept. */
  #prepare(session: Session): Prepared | undefined | Promise<Prepared | undefined> {
    const { target, host } = session
    if (!host.keywords.has('SMTPUTF8') && !this.#pending.some(isInAscii)) {
      this.#note(noUtf8(target.host), peerOf(session))
      return undefined
    }
    const prepared = this.#preparation.for(host, target.host)
    if (!(prepared instanceof Promise)) return this.#fit(prepared, session)
    return prepared.then(
      (one) => this.#fit(one, session),
      (error: unknown) => this.#unsendable(error),
    )
  }

  #fit(prepared: Prepared | Unprepared, session: Session): Prepared | undefined {
    if (prepared.kind === 'unfit') {
      const { trouble, elsewhere } = prepared
      if (elsewhere) this.#note(trouble, peerOf(session))
      else this.#fault = { outcome: trouble, peer: peerOf(session) }
    }
    if (prepared.kind !== 'ready') return undefined
    if (prepared.plan.asciiOnly && !this.#pending.every(isInAscii))
      this.#note(noUtf8(session.target.host), peerOf(session))
    return prepared
  }

  /** Settles what a transaction decided; the rest stays pending. */
  #read(
    to: readonly Addressed[],
    results: readonly RecipientResult[],
    session: Session,
    { host: { keywords: offered }, conversion }: Prepared,
  ): void {
    const peer = peerOf(session)
    const { host, protocol } = session.target
    let at = 0
    let accepted = 0
    // Those it was for are some of those pending, in the same order.
    this.#pending = this.#pending.filter((one) => {
      if (one !== to[at]) return true
      const result = results[at++]
      if (result === undefined) return true
      const reading = readResult(result, { host, protocol, accepted })
      if (result.kind === 'accepted') accepted++
      if (reading.kind === 'open') this.#note(reading.trouble, peer)
      else this.#settle(one.recipient, reading.outcome, { peer, offered, ...(conversion && { conversion }) })
      return reading.kind === 'open'
    })
  }

  #unsendable(error: unknown): undefined {
    if (WireError.is(error, 'BARE_LINE_END'))
      this.#fail('content-unsendable', error, failed('5.6.0', 'the content has a CR or LF alone'))
    else this.#fail('content-unreadable', error, deferred('4.3.0', 'the queue could not give the content'))
  }

  #fail(event: string, error: unknown, outcome: Trouble): void {
    const { id, destination } = this.#lease
    this.#context.log.warn(event, { id, destination, error })
    this.#fault = { outcome, ...(this.#trouble?.peer && { peer: this.#trouble.peer }) }
  }

  #settle(recipient: LeasedRecipient, outcome: Outcome, circumstances: Circumstances = plain): void {
    this.#results.push({ recipient, outcome, circumstances })
  }

  /** One host's "never" is not the last word while another could not say. */
  #note(outcome: Trouble, peer: Peer): void {
    if (outcome.kind === 'failed' && this.#trouble?.outcome.kind === 'deferred') return
    this.#trouble = { outcome, peer }
  }
}

/** Of targets that are as good as each other, one that a session waits for goes before those that need a new one. */
function warmFirst(targets: readonly Target[], pool: Pool): readonly Target[] {
  const best = targets[0]?.rank
  const warm = targets.findIndex((target) => target.rank === best && pool.waiting(target) > 0)
  const found = targets[warm]
  return found === undefined || warm === 0 ? targets : [found, ...targets.toSpliced(warm, 1)]
}

/** Lost before the first reply: an old session that the server had ended meanwhile. */
function isGone(result: RecipientResult): boolean {
  return result.kind === 'lost' && (result.phase === 'mail' || result.phase === 'rset')
}

const isInAscii = ({ recipient }: Addressed): boolean => !needsUtf8(recipient.address)

/** @rfc 6531 3.5 */
function noUtf8(host: string): Trouble {
  return failed('5.6.7', `${host} does not take SMTPUTF8, which the recipient's address needs`)
}
