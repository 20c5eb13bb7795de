import type { Accepted, Clock, Draft, Envelope, Log, QueueStore } from '@angarium/queue'
import {
  type AnswerTo,
  type AnyExtension,
  type DataEndEvent,
  type FaultEvent,
  type ForwardPath,
  formatMailbox,
  type GreetEvent,
  type HelloEvent,
  type LookupEvent,
  type MailEvent,
  type RawParameter,
  type RcptEvent,
  type Refusal,
  type Reply,
  type ReversePath,
} from '@angarium/smtp-wire'
import type { ServerHandler, Soon, TlsInfo } from '@angarium/smtp-wire/drive'
import { IncomingContent } from '../content/incoming.ts'
import { receivedField } from '../content/received.ts'
import { storeRefusal } from '../content/store-refusal.ts'
import { misuse } from '../error.ts'
import type { Intake, ReceptionLimits } from '../options.ts'
import { ask, chain } from '../policy/ask.ts'
import type { HookFacts, PolicyFailed, PolicyPanel } from '../policy/panel.ts'
import type { RecipientDecision, RecipientPolicy } from '../policy/recipients.ts'
import type { StageHook } from '../policy/stage.ts'
import * as replies from '../replies.ts'
import type { Protocol, RecipientFacts, SessionFacts, TransactionFacts } from './facts.ts'
import type { Tally } from './tally.ts'

/** What all sessions of a reception have in common. */
export interface Desk<X extends readonly AnyExtension[]> {
  readonly hostname: string
  readonly store: QueueStore
  readonly clock: Clock
  readonly log: Log
  readonly recipients: RecipientPolicy<X>
  readonly panel: PolicyPanel<X>
  readonly policyFailed: PolicyFailed
  readonly limits: ReceptionLimits
  readonly intake: Intake | undefined
  readonly greetings: Readonly<Record<Protocol, Reply<220>>>
  readonly tally: Tally
}

type Fields = Readonly<Record<string, unknown>>

/** Answers one server session. */
export class ReceptionSession<X extends readonly AnyExtension[]> implements ServerHandler<X> {
  readonly #desk: Desk<X>
  #facts: SessionFacts
  #transaction: TransactionFacts<X> | undefined
  #content: IncomingContent | undefined

  constructor(desk: Desk<X>, facts: SessionFacts) {
    this.#desk = desk
    this.#facts = facts
    desk.tally.sessions += 1
  }

  greet(): Soon<AnswerTo<GreetEvent>> {
    const { tally, limits, greetings } = this.#desk
    if (tally.sessions > limits.sessions) return this.#refuse('connect', 'reception', replies.busy)
    return this.#rule('connect', [this.#facts], {}, () => greetings[this.#facts.protocol])
  }

  hello({ name, extended }: HelloEvent): Soon<AnswerTo<HelloEvent>> {
    const facts: SessionFacts = { ...this.#facts, hello: { name, extended } }
    return this.#rule('hello', [facts], { hello: name }, () => {
      this.#facts = facts
      return 'accept'
    })
  }

  mail({ reversePath, parameters, raw }: MailEvent<X>): Soon<AnswerTo<MailEvent<X>>> {
    const transaction: TransactionFacts<X> = { session: this.#facts, reversePath, parameters, raw, recipients: [] }
    const fields = { reversePath: mailboxText(reversePath) }
    if (this.#desk.tally.paused !== undefined) return this.#refuse('mail', 'reception', replies.noRoom, fields)
    return this.#rule('mail', [transaction], fields, () => {
      this.#transaction = transaction
      return replies.mailOk
    })
  }

  rcpt(event: RcptEvent<X>): Soon<AnswerTo<RcptEvent<X>>> {
    const transaction = this.#open()
    const fields = { recipient: mailboxText(event.forwardPath) }
    return chain(this.#decide(event, transaction), (decision) => {
      if (decision.kind === 'refuse') return this.#refuse('rcpt', 'recipients', decision.reply, fields)
      const { forwardPath, parameters, raw } = event
      const { address, destination } = decision
      const recipient: RecipientFacts<X> = { forwardPath, parameters, raw, address, destination }
      return this.#rule('rcpt', [recipient, transaction], fields, () => {
        this.#transaction = { ...transaction, recipients: [...transaction.recipients, recipient] }
        return replies.rcptOk
      })
    })
  }

  dataStart(): Soon<'go' | Refusal> {
    const transaction = this.#open()
    return this.#rule('dataStart', [transaction], {}, () => this.#begin(transaction))
  }

  body(octets: Uint8Array): void | Promise<void> {
    return this.#content?.write(octets)
  }

  async dataEnd(): Promise<AnswerTo<DataEndEvent<X>>> {
    const transaction = this.#open()
    const content = this.#content
    if (content === undefined) throw misuse('dataEnd', 'no content was begun')
    if (content.failure !== undefined) return this.#storeFailed('message', content.failure.because)
    const { id, octets, received } = content
    if (received >= this.#desk.limits.received) return this.#refuse('message', 'reception', replies.loop)
    return this.#rule('message', [{ id, octets, received }, transaction], {}, () => this.#commit(transaction, content))
  }

  verb(): Reply {
    return replies.noSuchVerb
  }

  lookup({ verb }: LookupEvent): AnswerTo<LookupEvent> {
    return verb === 'VRFY' ? replies.notVerified : replies.noExpansion
  }

  ended(): void | Promise<void> {
    const content = this.#content
    this.#transaction = undefined
    this.#content = undefined
    return content?.drop()
  }

  fault({ fault, reply }: FaultEvent): void {
    const { tally, log } = this.#desk
    tally.faults += 1
    log.info('fault', { ...this.#context(), fault, reply })
  }

  secured(tls: TlsInfo): void {
    this.#facts = { ...this.#facts, tls, hello: undefined }
  }

  closed(): void {
    this.#desk.tally.sessions -= 1
  }

  /** What the recipient policy says, or 451 in its place. */
  #decide(event: RcptEvent<X>, transaction: TransactionFacts<X>): Soon<RecipientDecision> {
    const { clock, limits, recipients, policyFailed } = this.#desk
    return ask<RecipientDecision>(
      clock,
      limits.decisionMs,
      () => recipients.rcpt(event, transaction),
      (because) => {
        policyFailed('recipients', 'rcpt', because)
        return { kind: 'refuse', reply: replies.localProblem }
      },
    )
  }

  /** Goes on unless a stage refuses. */
  #rule<H extends StageHook, A>(at: H, facts: HookFacts<X, H>, fields: Fields, goOn: () => Soon<A>): Soon<A | Refusal> {
    return chain(
      this.#desk.panel.rule(at, facts),
      (ruling): Soon<A | Refusal> =>
        ruling === undefined ? goOn() : this.#refuse(at, ruling.by, ruling.reply, fields),
    )
  }

  /** Begins the draft before the first octet of content is asked for: a store that cannot take it says so now. */
  #begin(transaction: TransactionFacts<X>): Soon<'go' | Refusal> {
    const { store, hostname, clock } = this.#desk
    let draft: Draft
    try {
      draft = store.draft(sizeHint(transaction.raw))
    } catch (error) {
      return this.#storeFailed('dataStart', error)
    }
    const content = new IncomingContent(draft)
    this.#content = content
    const field = receivedField(transaction, hostname, content.id, clock.now())
    return chain(content.prepend(field), () =>
      content.failure === undefined ? 'go' : this.#storeFailed('dataStart', content.failure.because),
    )
  }

  /** The promise is given only once the message is durable. @rfc 5321 6.1 */
  async #commit(transaction: TransactionFacts<X>, content: IncomingContent): Promise<Reply<250> | Refusal> {
    const { intake, tally } = this.#desk
    const envelope = envelopeOf(transaction)
    const reservation = intake?.reserve(envelope.recipients.map(({ destination }) => destination))
    const lease = intake && reservation && { holder: intake.holder, duration: intake.leaseMs }
    let accepted: Accepted
    try {
      accepted = await content.commit(envelope, lease === undefined ? {} : { lease })
    } catch (error) {
      reservation?.begin([])
      return this.#storeFailed('message', error)
    }
    tally.accepted.messages += 1
    tally.accepted.recipients += envelope.recipients.length
    tally.accepted.octets += content.octets
    this.#logAccepted(accepted, envelope, content.octets)
    reservation?.begin(accepted.leases)
    return replies.queued(accepted.id)
  }

  #logAccepted({ id }: Accepted, { recipients }: Envelope, size: number): void {
    const addresses = recipients.map(({ address }) => address)
    this.#desk.log.info('accepted', { ...this.#context(), id, recipients: addresses, size, tls: this.#facts.tls })
  }

  #refuse<R extends Refusal>(at: StageHook, by: string, reply: R, fields: Fields = {}): R {
    const { tally, log } = this.#desk
    tally.refused[at] += 1
    log.info('refused', { ...this.#context(), ...fields, at, by, reply })
    return reply
  }

  #storeFailed(at: StageHook, because: unknown): Refusal {
    const { tally, log } = this.#desk
    tally.storeFailures += 1
    log.warn('store-failed', { ...this.#context(), at, because })
    return this.#refuse(at, 'store', storeRefusal(because))
  }

  /** Of whom a log line tells. */
  #context(): Fields {
    const { peer, hello } = this.#facts
    const reversePath = this.#transaction && mailboxText(this.#transaction.reversePath)
    return { peer: peer.address, hello: hello?.name, reversePath, id: this.#content?.id }
  }

  #open(): TransactionFacts<X> {
    if (this.#transaction === undefined) throw misuse('transaction', 'no MAIL was accepted')
    return this.#transaction
  }
}

/** Exactly as received, but for where it goes. @rfc 5321 2.3.1 */
function envelopeOf<X extends readonly AnyExtension[]>(transaction: TransactionFacts<X>): Envelope {
  return {
    reversePath: mailboxText(transaction.reversePath),
    parameters: transaction.raw,
    recipients: transaction.recipients.map(({ address, raw, destination }) => ({
      address,
      parameters: raw,
      destination,
    })),
  }
}

/** Without brackets; empty for the null reverse-path. */
function mailboxText(path: ReversePath | ForwardPath): string {
  if (path.kind === 'mailbox') return formatMailbox(path)
  return path.kind === 'null' ? '' : 'Postmaster'
}

/** What the peer declares to send. Its grammar was checked where SIZE is offered. @rfc 1870 6.1 */
function sizeHint(raw: readonly RawParameter[]): { readonly size?: number } {
  const declared = raw.find(([keyword]) => keyword === 'SIZE')?.[1]
  return declared === undefined ? {} : { size: Number.parseInt(declared, 10) }
}
