import type { QueueError, QueueId } from '@angarium/queue'
import { misuse } from '@angarium/queue/lifecycle'
import type { Party } from '../socket/door.ts'
import type { Channel } from '../wire/channel.ts'
import { storeFailed, unpackError } from '../wire/errors.ts'
import type { Frame, Parcel } from '../wire/frames.ts'
import { kinds, Malformed, openParcel } from '../wire/frames.ts'
import { Room } from '../wire/room.ts'
import { count, flag, record } from '../wire/shape.ts'
import { queueId } from '../wire/values.ts'

interface Question {
  readonly op: string
  /** @throws Malformed */
  readonly answered: (parcel: Parcel) => void
  readonly reject: (error: QueueError) => void
}

interface Welcome {
  readonly windowOctets: number
  readonly frameOctets: number
  /** Messages that may be begun at once. */
  readonly drafts: number
  /** The greatest id there is. */
  readonly after: QueueId
}

const welcomeShape = record<Welcome>({ windowOctets: count, frameOctets: count, drafts: count, after: queueId })
const pageShape = record<{ last: boolean; items: unknown }>({ last: flag, items: (items) => items })

/** What a {@link Session} tells its store. */
export interface SessionEvents {
  work(urgent: boolean): void
  ended(error: QueueError): void
}

/** One connection to the owner, from its welcome to its end. */
export class Session implements Party {
  /** What the owner said. */
  readonly welcome: Welcome
  /** Content on its way to the owner. */
  readonly window: Room
  readonly #channel: Channel
  readonly #events: SessionEvents
  readonly #questions = new Map<number, Question>()
  readonly #drafts = new Map<number, (error: QueueError) => void>()
  #nextDraft = 0
  #nextQuestion = 0
  #ended: QueueError | undefined
  #idle: (() => void) | undefined

  /** @throws Malformed */
  constructor(channel: Channel, welcome: unknown, events: SessionEvents) {
    this.welcome = welcomeShape(welcome)
    this.#channel = channel
    this.#events = events
    this.window = new Room(this.welcome.windowOctets)
  }

  /**
   * @param read - takes the answer for what it should be.
   * @param octets - what the question speaks of; copied.
   * @throws QueueError QUEUE_MISUSE for what no frame holds.
   */
  async ask<T>(
    op: string,
    read: (parcel: Parcel) => T,
    fields: object = {},
    octets: readonly Uint8Array[] = [],
  ): Promise<T> {
    if (this.#ended !== undefined) throw this.#gone(op, this.#ended, 'nothing was done')
    const text = JSON.stringify({ op, ...fields })
    this.#demandFit(op, text, octets)
    const number = this.#number()
    return new Promise((resolve, reject) => {
      this.#questions.set(number, { op, answered: (parcel) => resolve(read(parcel)), reject })
      this.#channel.sendText(kinds.ask, number, text, octets)
    })
  }

  /** A question whose answer comes in pages, read as they are wanted. */
  async *pages<T>(
    op: string,
    read: (items: unknown, octets: Buffer) => readonly T[],
    fields: object,
  ): AsyncGenerator<T> {
    const readPage = ({ value, octets }: Parcel): { readonly last: boolean; readonly items: readonly T[] } => {
      const { last, items } = pageShape(value)
      return { last, items: read(items, octets) }
    }
    const reading = this.#nextQuestion
    let last = false
    try {
      let page = await this.ask(op, readPage, fields)
      for (;;) {
        last = page.last
        yield* page.items
        if (last) return
        page = await this.ask('next', readPage, { reading })
      }
    } catch (error) {
      last = true
      throw error
    } finally {
      if (!last) this.ask('stop', () => undefined, { reading }).catch(() => undefined)
    }
  }

  /**
   * Begins a draft; returns its number.
   *
   * @param failed - told when the owner's store does not take the content, or the session ends.
   * @throws QueueError QUEUE_STORE_FAILED when the owner takes no more at once.
   */
  begin(id: QueueId, size: number | undefined, failed: (error: QueueError) => void): number {
    if (this.#drafts.size >= this.welcome.drafts) throw storeFailed('draft', 'the owner takes no more messages at once')
    const draft = this.#nextDraft
    this.#nextDraft = (draft + 1) % 2 ** 32
    this.#drafts.set(draft, failed)
    this.#channel.send(kinds.begin, draft, { id, ...(Number.isFinite(size) && { size }) })
    return draft
  }

  /** Nothing more is told of this draft. */
  forget(draft: number): void {
    this.#drafts.delete(draft)
  }

  abort(draft: number): void {
    this.forget(draft)
    this.#channel.sendOctets(kinds.abort, draft)
  }

  /** @param octets - for which room was taken from the window; copied. */
  content(draft: number, octets: Uint8Array): void {
    this.#channel.sendOctets(kinds.content, draft, octets)
  }

  listen(): void {
    this.#channel.sendOctets(kinds.listen, 0)
  }

  frame({ kind, number, body }: Frame): void {
    switch (kind) {
      case kinds.answer:
        this.#answered(number, body)
        break
      case kinds.failure:
        this.#question(number)?.reject(unpackError(openParcel(body).value))
        break
      case kinds.draftFailed:
        this.#drafts.get(number)?.(unpackError(openParcel(body).value))
        break
      case kinds.credit:
        this.window.give(number)
        break
      case kinds.work:
        this.#events.work(number === 1)
        break
      default:
        throw new Malformed(`an owner does not send frames of kind ${kind}`)
    }
  }

  room(): void {}

  ended(error: QueueError): void {
    this.#ended = error
    for (const { op, reject } of this.#questions.values())
      reject(this.#gone(op, error, 'whether it was done is not known'))
    for (const failed of this.#drafts.values()) failed(this.#gone('write', error, 'the draft is lost'))
    this.#questions.clear()
    this.#drafts.clear()
    this.window.give(Number.POSITIVE_INFINITY)
    this.#events.ended(error)
    this.#idle?.()
  }

  /** Waits for what was asked, and ends the connection. */
  async finish(): Promise<void> {
    if (this.#questions.size > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    this.#channel.end()
  }

  #demandFit(op: string, text: string, octets: readonly Uint8Array[]): void {
    // The length of the text has four octets of its own, and no UTF-16 unit takes more than three.
    let length = 4 + text.length * 3
    for (const piece of octets) length += piece.length
    if (length <= this.welcome.frameOctets) return
    length += Buffer.byteLength(text) - text.length * 3
    if (length > this.welcome.frameOctets) throw misuse(op, `${length} octets are more than the owner takes at once`)
  }

  #answered(number: number, body: Buffer): void {
    const question = this.#question(number)
    try {
      question?.answered(openParcel(body))
    } catch (error) {
      question?.reject(storeFailed(question.op, 'the answer makes no sense; whether it was done is not known'))
      throw error
    }
  }

  #question(number: number): Question | undefined {
    const question = this.#questions.get(number)
    this.#questions.delete(number)
    if (this.#questions.size === 0) this.#idle?.()
    return question
  }

  #number(): number {
    const number = this.#nextQuestion
    this.#nextQuestion = (number + 1) % 2 ** 32
    return number
  }

  #gone(op: string, error: QueueError, what: string): QueueError {
    return storeFailed(op, `${error.message}; ${what}`)
  }
}
