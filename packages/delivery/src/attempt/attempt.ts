import { normalName } from '@angarium/dns-client'
import type { Lease, LeasedRecipient } from '@angarium/queue'
import { type RecipientResult, type ReversePath, WireError } from '@angarium/smtp-wire'
import type { ClientConnection } from '@angarium/smtp-wire/drive'
import { readResult } from '../outcome/classify.ts'
import { deferred, failed, type Outcome, type Trouble } from '../outcome/outcome.ts'
import type { Result } from '../outcome/result.ts'
import type { Self } from '../route/self.ts'
import { type OpenContext, open } from '../transport/open.ts'
import type { Pool } from '../transport/pool.ts'
import type { Stop } from '../transport/stop.ts'
import { nameOf, type Peer, peerOf, type Session, type Target } from '../transport/target.ts'
import { hasEightBit, type ReadContent } from './content.ts'
import { declaredEightBit, type ParameterOwners } from './parameters.ts'
import { type Addressed, forwardPathOf, reversePathOf, transact } from './transaction.ts'

/** What attempts need beside their message. */
export interface AttemptContext extends OpenContext {
  readonly self: Self
  readonly pool: Pool
  readonly owners: ParameterOwners
  /** Most sessions of one attempt. */
  readonly maxSessions: number
  /** Most recipients of one transaction. */
  readonly maxRecipients: number
}

/** Brings one message to the recipients of one lease, over one address after the other, until all are settled. */
export class Attempt {
  readonly #lease: Lease
  readonly #content: ReadContent
  readonly #context: AttemptContext
  readonly #stop: Stop
  readonly #results: Result[] = []
  #pending: readonly Addressed[] = []
  /** Whether the content has octets above 127, once that was looked for. */
  #eightBit: boolean | undefined
  /** What stands in the way of those pending, and where. */
  #trouble: Trouble | undefined
  #peer: Peer | undefined
  /** What forbids to go on, at any address. */
  #fault: Trouble | undefined

  constructor(lease: Lease, content: ReadContent, context: AttemptContext, stop: Stop) {
    this.#lease = lease
    this.#content = content
    this.#context = context
    this.#stop = stop
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
    }
    for (const { recipient } of this.#pending) this.#settle(recipient, this.#remainder(), this.#peer)
    return this.#results
  }

  async #walk(targets: readonly Target[], from: ReversePath): Promise<void> {
    let sessions = 0
    for (const target of targets) {
      if (this.#isOver() || sessions === this.#context.maxSessions) return
      if (!(await this.#reuse(target, from))) {
        if (this.#isOver()) return
        const opened = await open(target, this.#context, this.#stop)
        if (opened.kind !== 'open') {
          this.#note(opened, peerOf(target))
          continue
        }
        const { connection } = opened
        if (this.#isOurselves(target, connection)) return
        await this.#transfer({ target, connection, transactions: 0 }, from)
      }
      sessions++
    }
  }

  #isOver(): boolean {
    return this.#pending.length === 0 || this.#stop.aborted || this.#fault !== undefined
  }

  /** How those come out whom nobody took or refused. */
  #remainder(): Outcome {
    if (this.#stop.aborted) return { kind: 'returned' }
    return this.#fault ?? this.#trouble ?? deferred('4.4.1', 'no address to try')
  }

  /** Leaves a host found by MX that greets with our own name, when neither name nor address had told. */
  #isOurselves(target: Target, connection: ClientConnection): boolean {
    const [name = ''] = (connection.greeting.text[0] ?? '').split(' ', 1)
    if (!target.byMx || !this.#context.self.hasName(normalName(name) ?? '')) return false
    this.#context.leave(connection)
    this.#note(failed('5.4.6', `${nameOf(target)} is this host: the mail loops back`), peerOf(target))
    return true
  }

  /** Sends over a session that waits for work; `false`: there is none, or it was dead before it heard of the message. */
  async #reuse(target: Target, from: ReversePath): Promise<boolean> {
    const session = await this.#context.pool.take(target, this.#stop)
    return session !== undefined && (await this.#transfer(session, from)) === 'heard'
  }

  /** Sends until all are settled or the session ends, and gives the session back. */
  async #transfer(session: Session, from: ReversePath): Promise<'heard' | 'gone'> {
    const { owners, maxRecipients, pool } = this.#context
    const isOld = session.transactions > 0
    try {
      const eightBit = await this.#isEightBit(session)
      while (!this.#isOver()) {
        const to = this.#pending.slice(0, maxRecipients)
        const transaction = { lease: this.#lease, from, to, content: this.#content, eightBit, owners }
        const { recipients, usable, error } = await transact(session, transaction, this.#stop)
        if (error !== undefined) this.#unsendable(error)
        if (isOld && recipients.every(isGone)) return 'gone'
        this.#read(to, recipients, session)
        if (!usable) break
      }
      return 'heard'
    } finally {
      pool.put(session)
    }
  }

  /**
   * Whether the content has octets above 127: looked for, once, where the server takes 7-bit only. Going by the sender's
   * word there would return good mail, and let through what must not be sent. Elsewhere it will do.
   *
   * @rfc 6152 3
   */
  async #isEightBit({ connection }: Session): Promise<boolean | undefined> {
    const asking = this.#context.owners.mail.get('BODY')
    if (asking === undefined || connection.offers.has(asking)) return declaredEightBit(this.#lease.parameters)
    try {
      this.#eightBit ??= await hasEightBit(this.#content())
    } catch (error) {
      this.#unsendable(error)
    }
    return this.#eightBit
  }

  /** Settles what a transaction decided; the rest stays pending. */
  #read(to: readonly Addressed[], results: readonly RecipientResult[], { target, connection }: Session): void {
    const peer = peerOf(target, connection.tls)
    const { host, protocol } = target
    const open = new Set(this.#pending)
    let accepted = 0
    for (const [at, one] of to.entries()) {
      const result = results[at]
      if (result === undefined) continue
      const reading = readResult(result, { host, protocol, accepted })
      if (result.kind === 'accepted') accepted++
      if (reading.kind === 'open') this.#note(reading.trouble, peer)
      else {
        open.delete(one)
        this.#settle(one.recipient, reading.outcome, peer)
      }
    }
    this.#pending = [...open]
  }

  #unsendable(error: unknown): void {
    if (WireError.is(error, 'BARE_LINE_END'))
      this.#fail('content-unsendable', error, failed('5.6.0', 'the content has a CR or LF alone'))
    else this.#fail('content-unreadable', error, deferred('4.3.0', 'the queue could not give the content'))
  }

  #fail(event: string, error: unknown, trouble: Trouble): void {
    const { id, destination } = this.#lease
    this.#context.log.warn(event, { id, destination, error })
    this.#fault = trouble
  }

  #settle(recipient: LeasedRecipient, outcome: Outcome, peer?: Peer): void {
    this.#results.push({ recipient, outcome, ...(peer && { peer }) })
  }

  /** One host's "never" is not the last word while another could not say. */
  #note(trouble: Trouble, peer: Peer): void {
    if (trouble.kind === 'failed' && this.#trouble?.kind === 'deferred') return
    this.#trouble = trouble
    this.#peer = peer
  }
}

/** Lost before the first reply: an old session that the server had ended meanwhile. */
function isGone(result: RecipientResult): boolean {
  return result.kind === 'lost' && (result.phase === 'mail' || result.phase === 'rset')
}
