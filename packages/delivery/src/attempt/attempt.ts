import { normalName } from '@angarium/dns-client'
import type { Lease, LeasedRecipient } from '@angarium/queue'
import { type RecipientResult, type ReversePath, WireError } from '@angarium/smtp-wire'
import type { ClientConnection } from '@angarium/smtp-wire/drive'
import { readResult } from '../outcome/classify.ts'
import { tooLate } from '../outcome/deadline.ts'
import { deferred, failed, type Outcome, type Trouble } from '../outcome/outcome.ts'
import type { Circumstances, Result } from '../outcome/result.ts'
import { needsUtf8 } from '../plan/plan.ts'
import type { Self } from '../route/self.ts'
import { type OpenContext, open } from '../transport/open.ts'
import type { Pool } from '../transport/pool.ts'
import type { Stop } from '../transport/stop.ts'
import { isSecured, nameOf, type Peer, peerOf, type Session, sessionOf, type Target } from '../transport/target.ts'
import type { ReadContent } from './content.ts'
import { outgoingParameters } from './parameters.ts'
import { Preparation, type PreparationContext, type Prepared } from './preparation.ts'
import { type Addressed, forwardPathOf, nextRecipients, reversePathOf, transact } from './transaction.ts'

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
    try {
      await this.#walk(targets, from)
    } catch (error) {
      this.#fail('delivery-error', error, deferred('4.3.0', 'internal error while delivering'))
    } finally {
      this.#preparation.release()
    }
    const { outcome, ...where } = this.#remainder()
    for (const { recipient } of this.#pending) this.#settle(recipient, outcome, where)
    return this.#results
  }

  async #walk(targets: readonly Target[], from: ReversePath): Promise<void> {
    let sessions = 0
    for (const target of warmFirst(targets, this.#context.pool)) {
      let visit: Visit
      do {
        if (this.#isOver() || sessions === this.#context.maxSessions) return
        visit = await this.#visit(target, from)
        // A session that was full has brought something on its way, or had waited in vain.
      } while (visit === 'full')
      if (visit === 'heard') sessions++
    }
  }

  /** Sends over a session that waits for work, else over a new one. */
  async #visit(target: Target, from: ReversePath): Promise<Visit> {
    const { pool } = this.#context
    const waiting = await pool.take(target, this.#stop)
    const visit = waiting === undefined ? 'gone' : await this.#transfer(waiting, from)
    if (visit !== 'gone' || this.#isOver()) return visit
    const opened = await open(target, this.#context, this.#stop)
    if (opened.kind !== 'open') {
      this.#note(opened, peerOf(target))
      return 'unfit'
    }
    if (this.#isOurselves(target, opened.connection)) return 'unfit'
    return this.#transfer(sessionOf(target, opened.connection), from)
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
    this.#note(failed('5.4.6', `${nameOf(target)} is this host: the mail loops back`), peerOf(target))
    return true
  }

  /** Sends until all are settled or the session ends, and gives the session back. */
  async #transfer(session: Session, from: ReversePath): Promise<Visit> {
    const { pool } = this.#context
    let visit: Visit = 'heard'
    try {
      const message = await this.#prepare(session)
      visit = message === undefined ? 'unfit' : await this.#send(session, from, message)
      return visit
    } finally {
      if (visit === 'full') pool.leave(session.connection)
      else pool.put(session)
    }
  }

  async #send(session: Session, from: ReversePath, message: Prepared): Promise<Visit> {
    const { clock, maxRecipients } = this.#context
    const isOld = session.transactions > 0
    let isUsable = true
    while (isUsable && !this.#isOver()) {
      const pending = message.plan.asciiOnly ? this.#pending.filter(isInAscii) : this.#pending
      if (pending.length === 0) break
      const to = nextRecipients(pending, session, maxRecipients)
      if (to.length === 0) return 'full'
      const recipients = to.map(({ recipient }) => recipient)
      const parameters = outgoingParameters(this.#lease, recipients, message.host, isSecured(session), clock.now())
      if (parameters === undefined) {
        this.#fault = { outcome: tooLate() }
        break
      }
      const report = await transact(session, { from, to, parameters, message }, this.#stop)
      if (report.error !== undefined) this.#unsendable(report.error)
      if (isOld && report.recipients.every(isGone)) return 'gone'
      this.#read(to, report.recipients, session, message)
      isUsable = report.usable
    }
    return 'heard'
  }

  /** The message as it goes to this host; `undefined`: it does not, and why is kept. */
  async #prepare(session: Session): Promise<Prepared | undefined> {
    const { target, connection } = session
    const peer = peerOf(target, connection.tls)
    if (!this.#takesUtf8(connection) && !this.#pending.some(isInAscii)) {
      this.#note(noUtf8(target.host), peer)
      return undefined
    }
    try {
      const prepared = await this.#preparation.for(session)
      if (prepared.kind === 'unfit') {
        if (prepared.elsewhere) this.#note(prepared.trouble, peer)
        else this.#fault = { outcome: prepared.trouble, peer }
      }
      if (prepared.kind !== 'ready') return undefined
      if (prepared.plan.asciiOnly && !this.#pending.every(isInAscii)) this.#note(noUtf8(target.host), peer)
      return prepared
    } catch (error) {
      this.#unsendable(error)
      return undefined
    }
  }

  #takesUtf8({ offers }: ClientConnection): boolean {
    return offers.has('SMTPUTF8') && this.#context.extensions.some(({ keyword }) => keyword === 'SMTPUTF8')
  }

  /** Settles what a transaction decided; the rest stays pending. */
  #read(
    to: readonly Addressed[],
    results: readonly RecipientResult[],
    { target, connection }: Session,
    { host: { keywords: offered }, conversion }: Prepared,
  ): void {
    const peer = peerOf(target, connection.tls)
    const { host, protocol } = target
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

  #unsendable(error: unknown): void {
    if (WireError.is(error, 'BARE_LINE_END'))
      this.#fail('content-unsendable', error, failed('5.6.0', 'the content has a CR or LF alone'))
    else this.#fail('content-unreadable', error, deferred('4.3.0', 'the queue could not give the content'))
  }

  #fail(event: string, error: unknown, outcome: Trouble): void {
    const { id, destination } = this.#lease
    this.#context.log.warn(event, { id, destination, error })
    this.#fault = { outcome, ...(this.#trouble?.peer && { peer: this.#trouble.peer }) }
  }

  #settle(recipient: LeasedRecipient, outcome: Outcome, circumstances: Circumstances = {}): void {
    this.#results.push({ recipient, outcome, ...circumstances })
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
