import type { Accepted, CommitOptions, Draft, Envelope, QueueStore } from '@angarium/queue'
import { isQueueId } from '@angarium/queue/lifecycle'
import { Malformed } from '../wire/frames.ts'

/** How a guest begins a draft. */
export interface Beginning {
  readonly id: string
  readonly size?: number
}

/** Where {@link Drafts} tells what became of content. */
export interface DraftEvents {
  /** So many octets need no more room. */
  consumed(octets: number): void
  /** The store did not take content; the commit will be told too. */
  failed(number: number, error: unknown): void
}

interface Begun {
  /** `undefined`: the store did not begin it, and that is the failure. */
  draft: Draft | undefined
  /** Settles when the store has taken what was written so far; `undefined`: it has. */
  writing: Promise<void> | undefined
  failure: { readonly error: unknown } | undefined
}

/** The drafts of one connection, by the numbers the guest gave them. */
export class Drafts {
  readonly #store: QueueStore
  readonly #limit: number
  readonly #events: DraftEvents
  readonly #begun = new Map<number, Begun>()
  #last = ''

  constructor(store: QueueStore, limit: number, events: DraftEvents) {
    this.#store = store
    this.#limit = limit
    this.#events = events
  }

  /** @throws Malformed for a number in use, one too many, or an id that does not follow the one before. */
  begin(number: number, { id, size }: Beginning): void {
    if (this.#begun.has(number) || this.#begun.size >= this.#limit) throw new Malformed('a draft too many')
    if (!isQueueId(id) || id <= this.#last) throw new Malformed('an id out of order')
    this.#last = id
    const begun: Begun = { draft: undefined, writing: undefined, failure: undefined }
    this.#begun.set(number, begun)
    try {
      begun.draft = this.#store.draft({ id, ...(size !== undefined && { size }) })
    } catch (error) {
      this.#fail(number, begun, error)
    }
  }

  /** Brings content to the store in order. What comes for a draft that is over is dropped. */
  write(number: number, octets: Uint8Array): void {
    const begun = this.#begun.get(number)
    const written = begun && this.#write(number, begun, octets)
    if (begun === undefined || written === undefined) {
      this.#events.consumed(octets.length)
      return
    }
    const writing = written
      .catch((error: unknown) => this.#fail(number, begun, error))
      .then(() => {
        if (begun.writing === writing) begun.writing = undefined
        this.#events.consumed(octets.length)
      })
    begun.writing = writing
  }

  /**
   * Commits a draft, which is over then, whatever comes of it. `undefined`: there is none of this number.
   *
   * @param what - read only once there is a draft; may throw.
   */
  async commit(
    number: number,
    what: () => readonly [envelope: Envelope, options: CommitOptions],
  ): Promise<Accepted | undefined> {
    const begun = this.#begun.get(number)
    if (begun === undefined) return undefined
    this.#begun.delete(number)
    try {
      const [envelope, options] = what()
      // No waiting where there is nothing to wait for: commits that arrive together go to the store together.
      if (begun.writing !== undefined) await begun.writing
      if (begun.failure !== undefined) throw begun.failure.error
      return await begun.draft?.commit(envelope, options)
    } catch (error) {
      await begun.draft?.abort()
      throw error
    }
  }

  abort(number: number): void {
    void this.#begun.get(number)?.draft?.abort()
    this.#begun.delete(number)
  }

  /** Gives up all that is not on its way to a commit. */
  end(): void {
    for (const { draft } of this.#begun.values()) void draft?.abort()
    this.#begun.clear()
  }

  /** A promise: the store takes its time, with this or with what was written before. */
  #write(number: number, begun: Begun, octets: Uint8Array): void | Promise<void> {
    if (begun.failure !== undefined) return
    if (begun.writing !== undefined)
      return begun.writing.then(() => (begun.failure === undefined ? begun.draft?.write(octets) : undefined))
    try {
      return begun.draft?.write(octets)
    } catch (error) {
      this.#fail(number, begun, error)
    }
  }

  #fail(number: number, begun: Begun, error: unknown): void {
    if (begun.failure !== undefined) return
    begun.failure = { error }
    this.#events.failed(number, error)
  }
}
