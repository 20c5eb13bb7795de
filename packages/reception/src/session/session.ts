import { readXforward } from '@angarium/esmtp-extensions'
import type { Accepted, Clock, Draft, Envelope, Log, QueueStore } from '@angarium/queue'
import {
  type AnswerTo,
  type AnyExtension,
  type DataEndEvent,
  type FaultEvent,
  type GreetEvent,
  type HelloEvent,
  type LookupEvent,
  type MailEvent,
  type RcptEvent,
  type Refusal,
  type RefusalCode,
  type Reply,
  type VerbEvent,
  withoutStatus,
} from '@angarium/smtp-wire'
import type { ServerHandler, Soon, TlsInfo } from '@angarium/smtp-wire/drive'
import { IncomingContent } from '../content/incoming.ts'
import { receivedField } from '../content/received.ts'
import { storeRefusal } from '../content/store-refusal.ts'
import { misuse } from '../error.ts'
import type { Intake, ReceptionLimits } from '../options.ts'
import { ask, chain } from '../policy/ask.ts'
import type { Directory } from '../policy/directory.ts'
import type { HookFacts, PolicyFailed, PolicyPanel } from '../policy/panel.ts'
import type { RecipientDecision, RecipientPolicy } from '../policy/recipients.ts'
import type { StageHook } from '../policy/stage.ts'
import * as replies from '../replies.ts'
import type { VerbOwner } from '../verbs/owner.ts'
import { envelopeOf, mailboxText, originOf, sizeHint } from './envelope.ts'
import {
  factsOfAssumed,
  type Protocol,
  type RecipientFacts,
  type SessionFacts,
  type TransactionFacts,
} from './facts.ts'
import type { Tally } from './tally.ts'
import { answerToMail, type PriorityPolicy, type Wishes, wishesOf } from './wishes.ts'

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
  readonly directory: Directory
  readonly verbs: ReadonlyMap<string, VerbOwner>
  readonly priority: PriorityPolicy
  readonly greetings: Readonly<Record<Protocol, Reply<220>>>
  readonly tally: Tally
}

type Fields = Readonly<Record<string, unknown>>

/** Answers one server session. */
export class ReceptionSession<X extends readonly AnyExtension[]> implements ServerHandler<X> {
  readonly #desk: Desk<X>
  #facts: SessionFacts
  #transaction: TransactionFacts<X> | undefined
  #wishes: Wishes = { priority: 0, notBefore: undefined }
  #content: IncomingContent | undefined

  constructor(desk: Desk<X>, facts: SessionFacts) {
    this.#desk = desk
    this.#facts = facts
    desk.tally.sessions += 1
  }

  greet({ assumed }: GreetEvent): Soon<AnswerTo<GreetEvent>> {
    const { tally, limits, greetings } = this.#desk
    if (assumed !== undefined) this.#facts = factsOfAssumed(this.#facts, assumed)
    if (tally.sessions > limits.sessions) return withoutStatus(this.#refuse('connect', 'reception', replies.busy))
    return chain(
      this.#rule('connect', [this.#facts], {}, () => greetings[this.#facts.protocol]),
      (greeting) => withoutStatus<220 | RefusalCode>(greeting),
    )
  }

  hello({ name, extended }: HelloEvent): Soon<AnswerTo<HelloEvent>> {
    const facts: SessionFacts = { ...this.#facts, hello: { name, extended } }
    const ruled = this.#rule('hello', [facts], { hello: name }, () => {
      this.#facts = facts
      return 'accept' as const
    })
    return chain(ruled, (answer) => (answer === 'accept' ? answer : withoutStatus(answer)))
  }

  mail({ reversePath, parameters, raw }: MailEvent<X>): Soon<AnswerTo<MailEvent<X>>> {
    const transaction: TransactionFacts<X> = { session: this.#facts, reversePath, parameters, raw, recipients: [] }
    const fields = { reversePath: mailboxText(reversePath) }
    if (this.#desk.tally.paused !== undefined) return this.#refuse('mail', 'reception', replies.noRoom, fields)
    return this.#rule('mail', [transaction], fields, () => {
      const wishes = wishesOf(parameters, this.#facts, this.#desk.priority, this.#desk.clock.now())
      this.#transaction = transaction
      this.#wishes = wishes
      return answerToMail(parameters, wishes)
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

  verb(event: VerbEvent): Soon<AnswerTo<VerbEvent>> {
    if (event.verb === 'XFORWARD') return this.#forward(event.argument)
    const owner = this.#desk.verbs.get(event.verb)
    if (owner === undefined) return replies.noSuchVerb
    const answer = this.#askOwner(event.verb, () => owner(event, this.#facts))
    return chain(answer, (given) => {
      if ('identity' in given) this.#facts = { ...this.#facts, identity: given.identity }
      return given
    })
  }

  lookup(event: LookupEvent): Soon<AnswerTo<LookupEvent>> {
    const { directory } = this.#desk
    if (event.verb === 'VRFY') {
      if (directory.verify === undefined) return replies.notVerified
      return this.#askOwner('VRFY', () => directory.verify?.(event, this.#facts) ?? replies.notVerified)
    }
    if (directory.expand === undefined) return replies.noExpansion
    return this.#askOwner('EXPN', () => directory.expand?.(event, this.#facts) ?? replies.noExpansion)
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
    this.#facts = { ...this.#facts, tls, hello: undefined, identity: undefined }
  }

  closed(): void {
    this.#desk.tally.sessions -= 1
  }

  /** What the owner of a verb says, or 451 in its place. */
  #askOwner<A>(verb: string, question: () => Soon<A>): Soon<A | Refusal> {
    const { clock, limits, policyFailed } = this.#desk
    return ask<A | Refusal>(clock, limits.decisionMs, question, (because) => {
      policyFailed(verb, 'verb', because)
      return replies.localProblem
    })
  }

  #forward(argument: string): Reply<250> | Refusal {
    const forwarded = readXforward(argument)
    if (forwarded === undefined) return replies.badAttributes
    this.#facts = { ...this.#facts, forwarded: new Map([...(this.#facts.forwarded ?? []), ...forwarded]) }
    return replies.forwardedOk
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
    const field = receivedField(transaction, this.#wishes, hostname, content.id, clock.now())
    return chain(content.prepend(field), () =>
      content.failure === undefined ? 'go' : this.#storeFailed('dataStart', content.failure.because),
    )
  }

  /** The promise is given only once the message is durable. @rfc 5321 6.1 */
  async #commit(transaction: TransactionFacts<X>, content: IncomingContent): Promise<Reply<250> | Refusal> {
    const { tally } = this.#desk
    const { priority, notBefore } = this.#wishes
    const envelope = envelopeOf(transaction, this.#wishes)
    // What is held for later is not for now.
    const intake = notBefore === undefined ? this.#desk.intake : undefined
    const reservation = intake?.reserve(envelope.recipients.map(({ destination }) => destination))
    const lease = intake && reservation && { holder: intake.holder, duration: intake.leaseMs }
    let accepted: Accepted
    try {
      accepted = await content.commit(envelope, {
        ...originOf(transaction.session),
        priority,
        ...(lease !== undefined && { lease }),
        ...(notBefore !== undefined && { notBefore }),
      })
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
    const { tls, identity, forwarded } = this.#facts
    const { priority, notBefore } = this.#wishes
    this.#desk.log.info('accepted', {
      ...this.#context(),
      id,
      recipients: addresses,
      size,
      tls,
      ...(identity !== undefined && { identity }),
      ...(forwarded !== undefined && { forwarded: Object.fromEntries(forwarded) }),
      ...(priority !== 0 && { priority }),
      ...(notBefore !== undefined && { notBefore }),
    })
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
