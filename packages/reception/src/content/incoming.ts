import { createReceivedCounter } from '@angarium/imf-parser'
import type { Accepted, CommitOptions, Draft, Envelope, QueueId } from '@angarium/queue'
import { isPromise } from '../policy/ask.ts'

/**
 * One message on its way into the store. Octets go to the draft as they come: nothing is copied, kept or parsed here
 * but the count of Received fields, and that only up to the end of the header.
 *
 * The draft is committed, or aborted exactly once, whatever happens.
 */
export class IncomingContent {
  readonly #draft: Draft
  readonly #counter = createReceivedCounter()
  #octets = 0
  /** Nobody may touch the draft any more. */
  #over = false
  #failure: { readonly because: unknown } | undefined

  constructor(draft: Draft) {
    this.#draft = draft
  }

  get id(): QueueId {
    return this.#draft.id
  }

  /** Octets received. */
  get octets(): number {
    return this.#octets
  }

  /** Received fields seen. */
  get received(): number {
    return this.#counter.count
  }

  /** Set once the store has failed on this message; what still comes is dropped. */
  get failure(): { readonly because: unknown } | undefined {
    return this.#failure
  }

  /** Puts our own octets in front. Never rejects; see `failure`. */
  prepend(octets: Uint8Array): void | Promise<void> {
    return this.#pass(octets)
  }

  /** Takes content. A promise means: wait. Never rejects; see `failure`. */
  write(octets: Uint8Array): void | Promise<void> {
    if (this.#octets === 0 && isBlank(octets[0])) return this.#endHeader(octets)
    this.#octets += octets.length
    if (!this.#counter.done) this.#counter.push(octets)
    return this.#pass(octets)
  }

  /** Resolves when the message is durable. Rejects with what the store says, and then nothing is left of it. */
  async commit(envelope: Envelope, options: CommitOptions): Promise<Accepted> {
    this.#over = true
    try {
      return await this.#draft.commit(envelope, options)
    } catch (error) {
      await this.#draft.abort()
      throw error
    }
  }

  /** Forgets what came, unless that is over. */
  drop(): void | Promise<void> {
    if (this.#over) return
    this.#over = true
    return this.#draft.abort()
  }

  /**
   * Content that begins with a blank would continue our own trace field. It has no header, so an empty line says so, as
   * other MTAs do.
   */
  #endHeader(octets: Uint8Array): void | Promise<void> {
    this.#octets = octets.length
    this.#counter.push(CRLF)
    const ended = this.#pass(CRLF)
    return ended === undefined ? this.#pass(octets) : ended.then(() => this.#pass(octets))
  }

  #pass(octets: Uint8Array): void | Promise<void> {
    if (this.#over) return
    try {
      const written = this.#draft.write(octets)
      if (isPromise(written)) return written.catch((error: unknown) => this.#fail(error))
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(because: unknown): void | Promise<void> {
    this.#failure = { because }
    return this.drop()
  }
}

const isBlank = (octet: number | undefined): boolean => octet === 0x20 || octet === 0x09
const CRLF = Uint8Array.of(0x0d, 0x0a)
