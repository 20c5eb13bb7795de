import type { Worker } from 'node:worker_threads'
import type { QueueErrorCode, QueueErrorDetails } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import type {
  Ask,
  BatchMessage,
  News,
  Opening,
  Operation,
  Operations,
  Outcome,
  ReplyMessage,
  ThreadOptions,
} from './protocol.ts'
import { startThread } from './start.ts'

/** An answer, and the contents its stretches point into. */
export interface Answered<O extends Operation> {
  readonly answer: Operations[O]['answer']
  readonly contents: ArrayBuffer
}

interface Pending {
  readonly ask: Ask
  readonly content: readonly Uint8Array[]
  readonly resolve: (answered: Answered<Operation>) => void
  readonly reject: (error: Error) => void
}

/** Operations and octets in one batch: more would make the first of them wait for the last. */
const batchLimit = 500
const batchOctets = 8_388_608
/** Octets for contents that are there from the first batch on. */
const leastMemory = 262_144

/** The store's end of its thread: gathers what is asked while a batch is under way, and sends it as the next. */
export class Link {
  readonly #now: () => number
  readonly #onNews: (news: News) => void
  #worker: Worker | undefined
  #waiting: Pending[] = []
  #underWay: readonly Pending[] = []
  #idle: (() => void) | undefined
  #sending = false
  /** Contents of the batch under way. */
  #memory = new SharedArrayBuffer(0)

  constructor(now: () => number, onNews: (news: News) => void) {
    this.#now = now
    this.#onNews = onNews
  }

  /**
   * Starts the thread, which opens the database. It is never terminated, which could hit it in the middle of a call to
   * SQLite: it ends by itself, and a failure is told once it has.
   */
  open(options: ThreadOptions): Promise<string | undefined> {
    const worker = startThread('worker', options)
    return new Promise((resolve, reject) => {
      let cause = new Error('the store thread ended')
      let refused: QueueError | undefined
      worker.once('message', (opening: Opening) => {
        if (!opening.ok) {
          refused = errorOf('open', opening, options.path)
          return
        }
        this.#worker = worker
        worker.on('message', (reply: ReplyMessage) => this.#answer(reply))
        this.#onNews(opening.news)
        resolve(opening.greatest)
      })
      worker.once('error', (error) => {
        cause = error
      })
      worker.once('exit', () => {
        reject(refused ?? threadFailed('open', cause, true))
        this.#lost(cause)
      })
    })
  }

  /** Waits for what was asked, then ends the thread. */
  async close(): Promise<void> {
    if (this.#waiting.length + this.#underWay.length > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    const worker = this.#worker
    this.#worker = undefined
    if (worker === undefined) return
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage('close')
    await ended
  }

  /** Asks; `content` goes along, of which the question knows the lengths. */
  ask<O extends Operation>(
    op: O,
    ask: Operations[O]['ask'],
    content: readonly Uint8Array[] = [],
  ): Promise<Answered<O>> {
    return new Promise<Answered<O>>((resolve, reject) => {
      if (this.#worker === undefined) {
        reject(new QueueError('QUEUE_STORE_FAILED', `${op}: the store thread is gone`, { operation: op }))
        return
      }
      const pending = { ask: { op, ...ask } as Ask, content, resolve, reject } as Pending
      this.#waiting.push(pending)
      if (this.#sending || this.#underWay.length > 0) return
      this.#sending = true
      // At the end of the event loop's turn, so that what many connections ask for in it goes at once.
      setImmediate(() => {
        this.#sending = false
        this.#send()
      })
    })
  }

  #send(): void {
    if (this.#underWay.length > 0 || this.#waiting.length === 0 || this.#worker === undefined) return
    let count = 0
    let octets = 0
    for (const { content } of this.#waiting) {
      if (count >= batchLimit || (count > 0 && octets >= batchOctets)) break
      for (const piece of content) octets += piece.length
      count++
    }
    this.#underWay = this.#waiting.splice(0, count)
    const memory = this.#room(octets)
    const contents = new Uint8Array(memory, 0, octets)
    let at = 0
    const asks = this.#underWay.map(({ ask, content }) => {
      const first = at
      for (const piece of content) {
        contents.set(piece, at)
        at += piece.length
      }
      return content.length === 0 ? ask : moved(ask, first)
    })
    const batch: BatchMessage = { now: this.#now(), asks: JSON.stringify(asks), memory, octets }
    this.#worker.postMessage(batch)
  }

  /** Memory for so many octets, that the thread sees too. */
  #room(octets: number): SharedArrayBuffer {
    // A batch of great contents is no reason to keep so much.
    if (octets > batchOctets) return new SharedArrayBuffer(octets)
    if (this.#memory.byteLength < octets) this.#memory = new SharedArrayBuffer(Math.max(2 * octets, leastMemory))
    return this.#memory
  }

  #answer(reply: ReplyMessage): void {
    const { contents, news } = reply
    const outcomes = JSON.parse(reply.outcomes) as readonly Outcome[]
    const done = this.#underWay
    this.#underWay = []
    // The thread gets its next batch before we look at this one's results.
    this.#send()
    this.#onNews(news)
    for (const [at, { ask, resolve, reject }] of done.entries()) {
      const outcome = outcomes[at]
      if (outcome?.ok === true) resolve({ answer: outcome.answer as never, contents })
      else reject(errorOf(ask.op, outcome ?? noOutcome, ''))
    }
    if (this.#underWay.length === 0 && this.#waiting.length === 0) this.#idle?.()
  }

  #lost(cause: Error): void {
    this.#worker = undefined
    const [unknown, unsent] = [this.#underWay, this.#waiting]
    this.#underWay = []
    this.#waiting = []
    for (const { ask, reject } of unknown) reject(threadFailed(ask.op, cause, false))
    for (const { ask, reject } of unsent) reject(threadFailed(ask.op, cause, true))
    this.#idle?.()
  }
}

const noOutcome: Extract<Outcome, { ok: false }> = {
  ok: false,
  code: 'QUEUE_STORE_FAILED',
  message: 'no outcome',
  clean: false,
}

/** Questions are made before their place in the buffer is known: `at` counts from the question's own first octet. */
function moved(ask: Ask, by: number): Ask {
  if (ask.op === 'commit') return { ...ask, message: { ...ask.message, at: ask.message.at + by } }
  if (ask.op !== 'settle') return ask
  const orders = ask.orders.map((order) =>
    order.spawn.length === 0
      ? order
      : { ...order, spawn: order.spawn.map((message) => ({ ...message, at: message.at + by })) },
  )
  return { ...ask, orders }
}

function threadFailed(operation: string, cause: Error, clean: boolean): QueueError {
  return new StoreFailed(`${operation}: the store thread failed`, { operation }, clean, cause)
}

/** What a failed outcome is thrown as. */
function errorOf(
  operation: string,
  { code, message, clean, full, found, expected }: Extract<Outcome, { ok: false }>,
  where: string,
): QueueError {
  const text = `${operation}: ${message}`
  const cause = new Error(message)
  const codes: { readonly [C in typeof code & QueueErrorCode]: () => QueueError } = {
    QUEUE_MISUSE: () => new QueueError('QUEUE_MISUSE', text, { operation, because: message }),
    QUEUE_LOCKED: () => new QueueError('QUEUE_LOCKED', `${where} is in use by another process`, { where }, { cause }),
    QUEUE_FORMAT: () =>
      new QueueError('QUEUE_FORMAT', `${where}: ${message}`, { where, found: found ?? '', expected: expected ?? '' }),
    QUEUE_STORE_FAILED: () => new StoreFailed(text, { operation, ...(full && { full }) }, clean, cause),
  }
  return codes[code]()
}

/** QUEUE_STORE_FAILED with what only this package asks: whether it is sure that nothing was applied. */
export class StoreFailed extends QueueError<'QUEUE_STORE_FAILED'> {
  readonly clean: boolean

  constructor(text: string, detail: QueueErrorDetails['QUEUE_STORE_FAILED'], clean: boolean, cause: Error) {
    super('QUEUE_STORE_FAILED', text, detail, { cause })
    this.clean = clean
  }
}
