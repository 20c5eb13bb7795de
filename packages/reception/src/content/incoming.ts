import { createReceivedCounter } from '@angarium/imf-parser'
import type { Accepted, CommitOptions, Draft, Envelope, QueueId } from '@angarium/queue'
import { isPromise } from '../policy/ask.ts'

/**
 * One message on its way into the store. Octets go to the draft as they come: nothing is copied, kept or parsed here
 * but the count of Received fields, and that only up to the end of the header.
 *
 * The draft is committed or aborted exactly once, whatever happens.
 */
export class IncomingContent {
  readonly id: QueueId
  readonly #received = createReceivedCounter()
  #draft: Draft | undefined
  #octets = 0
  #failure: unknown

  constructor(draft: Draft) {
    this.id = draft.id
    this.#draft = draft
  }

  /** Octets received. */
  get octets(): number {
    return this.#octets
  }

  /** Received fields seen. */
  get received(): number {
    return this.#received.count
  }

  /** Why the store has given up on this message; what still comes is dropped. */
  get failure(): unknown {
    return this.#failure
  }

  /** Puts our own octets in front. Never rejects; see `failure`. */
  prepend(octets: Uint8Array): void | Promise<void> {
    return this.#write(octets)
  }

  /** Takes content. A promise means: wait. Never rejects; see `failure`. */
  write(octets: Uint8Array): void | Promise<void> {
    this.#octets += octets.length
    if (!this.#received.done) this.#received.push(octets)
    return this.#write(octets)
  }

  /** Resolves when the message is durable. Rejects with what the store says, and then the draft is gone. */
  async commit(envelope: Envelope, options: CommitOptions): Promise<Accepted> {
    const draft = this.#draft
    this.#draft = undefined
    try {
      if (draft === undefined) throw this.#failure
      return await draft.commit(envelope, options)
    } catch (error) {
      await draft?.abort()
      throw error
    }
  }

  /** Forgets what came, unless it is committed. */
  drop(): Promise<void> | undefined {
    const draft = this.#draft
    this.#draft = undefined
    return draft?.abort()
  }

  #write(octets: Uint8Array): void | Promise<void> {
    if (this.#draft === undefined) return
    try {
      const written = this.#draft.write(octets)
      if (isPromise(written)) return written.catch((error: unknown) => this.#fail(error))
    } catch (error) {
      return this.#fail(error)
    }
  }

  #fail(error: unknown): Promise<void> | undefined {
    this.#failure = error ?? 'the store failed'
    return this.drop()
  }
}
