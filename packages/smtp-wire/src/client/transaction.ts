import type { Refusal, Reply } from '../reply/reply.ts'
import type { ClientPhase, Loss, RecipientResult } from './contract.ts'

/** A transaction under way: what became of each recipient so far. The first word about one is the last. */
export class ClientTransaction {
  readonly #results: (RecipientResult | undefined)[]
  /** Content is to go by BDAT, once all recipients are answered; of lines, or of any octets. */
  chunks: 'lines' | 'binary' | undefined
  /** All content has left: a server that is silent from now on may have the message. */
  ended = false
  /** Accepted by RCPT, in order; under LMTP each is answered once more. */
  #accepted: number[] = []
  #unanswered: number

  constructor(recipients: number) {
    this.#results = new Array<undefined>(recipients)
    this.#unanswered = recipients
  }

  /** Recipients that RCPT accepted and that nothing befell since. */
  get accepted(): readonly number[] {
    return this.#accepted
  }

  /** No recipient is left that content could be for. */
  get hopeless(): boolean {
    return this.#unanswered === 0 && this.#accepted.length === 0
  }

  /** The reply to one RCPT. After a refused MAIL it says nothing. */
  recipient(index: number, reply: Reply): void {
    this.#unanswered -= 1
    if (this.#results[index] !== undefined) return
    if (reply.code < 300) this.#accepted.push(index)
    else this.#results[index] = { kind: 'refused', reply, phase: 'rcpt' }
  }

  /** A reply that refuses all that is undecided. */
  refuse(reply: Reply, phase: ClientPhase): void {
    this.#decide({ kind: 'refused', reply, phase })
  }

  veto(reply: Refusal, by: string): void {
    this.#decide({ kind: 'vetoed', reply, by })
  }

  /** One that is not sent to; no RCPT is answered for it. */
  vetoRecipient(index: number, reply: Refusal, by: string): void {
    this.#unanswered -= 1
    this.#results[index] = { kind: 'vetoed', reply, by }
  }

  /** A reply to the final dot; under LMTP it is for the next accepted recipient only. */
  end(reply: Reply, lmtp: boolean): void {
    const result: RecipientResult =
      reply.code < 300 ? { kind: 'accepted', reply } : { kind: 'refused', reply, phase: 'end' }
    for (const index of lmtp ? this.#accepted.splice(0, 1) : this.#accepted.splice(0)) this.#results[index] = result
  }

  lose(loss: Loss, phase: ClientPhase, reply: Reply | undefined): void {
    if (phase === 'end' || (this.ended && reply === undefined)) this.#decide({ kind: 'unknown', loss })
    else this.#decide({ kind: 'lost', loss, phase, ...(reply !== undefined && { reply }) })
  }

  /** Of all recipients, once all are decided. */
  get results(): readonly RecipientResult[] {
    return this.#results as readonly RecipientResult[]
  }

  #decide(result: RecipientResult): void {
    for (let index = 0; index < this.#results.length; index++) this.#results[index] ??= result
    this.#accepted = []
  }
}
