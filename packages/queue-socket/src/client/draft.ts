import type { Accepted, CommitOptions, Draft, Envelope, QueueError, QueueId } from '@angarium/queue'
import { checkCommit, misuse } from '@angarium/queue/lifecycle'
import { storeFailed } from '../wire/errors.ts'
import type { Parcel } from '../wire/frames.ts'
import { pieceOctets } from '../wire/frames.ts'
import { flag, record } from '../wire/shape.ts'
import { queueId, unpackLeases } from '../wire/values.ts'
import type { Session } from './session.ts'

const shape = record<Omit<Accepted, 'leases'> & { leases: unknown }>({
  id: queueId,
  duplicate: flag,
  leases: (value) => value,
})

function accepted({ value, octets }: Parcel): Accepted {
  const { leases, ...rest } = shape(value)
  return { ...rest, leases: unpackLeases(leases, octets) }
}

/** A draft that streams to the owner. Belongs to one session: with it, it is lost. */
export class SocketDraft implements Draft {
  readonly id: QueueId
  readonly #session: Session
  readonly #number: number
  #over = false
  #failure: QueueError | undefined
  /** Settles when all that was written is on its way. */
  #feeding: Promise<void> | undefined

  /** @throws QueueError QUEUE_STORE_FAILED when the owner takes no more at once. */
  constructor(session: Session, id: QueueId, size: number | undefined) {
    this.id = id
    this.#session = session
    this.#number = session.begin(id, size, (error) => {
      this.#failure ??= error
    })
  }

  write(octets: Uint8Array): void | Promise<void> {
    if (this.#over) throw misuse('write', 'the draft is over')
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const left = this.#feeding === undefined ? this.#feedNow(octets) : octets
    if (left === undefined) return
    const feeding = (this.#feeding ?? Promise.resolve()).then(() => this.#feed(left))
    this.#feeding = feeding
    // The writer hears of it, and so does the commit.
    feeding.then(
      () => {
        if (this.#feeding === feeding) this.#feeding = undefined
      },
      () => undefined,
    )
    return feeding
  }

  async commit(envelope: Envelope, options: CommitOptions = {}): Promise<Accepted> {
    if (this.#over) throw misuse('commit', 'the draft is over')
    checkCommit(envelope, options)
    this.#over = true
    // No waiting where there is nothing to wait for: the commits of one turn leave as one write.
    if (this.#feeding !== undefined) await this.#feeding.catch(() => undefined)
    this.#session.forget(this.#number)
    if (this.#failure !== undefined) {
      this.#session.abort(this.#number)
      throw this.#failure
    }
    return this.#session.ask('commit', accepted, { draft: this.#number, envelope, options })
  }

  async abort(): Promise<void> {
    if (this.#over) return
    this.#over = true
    this.#failure ??= storeFailed('write', 'the draft was given up')
    this.#session.abort(this.#number)
  }

  /** Sends as much as there is room for; returns the rest. */
  #feedNow(octets: Uint8Array): Uint8Array | undefined {
    for (let at = 0; at < octets.length; at += pieceOctets) {
      const piece = octets.subarray(at, at + pieceOctets)
      if (!this.#session.window.take(piece.length)) return octets.subarray(at)
      this.#session.content(this.#number, piece)
    }
    return undefined
  }

  async #feed(octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; at += pieceOctets) {
      const piece = octets.subarray(at, at + pieceOctets)
      const { window } = this.#session
      await new Promise<void>((granted) => window.wait(piece.length, granted))
      if (this.#failure !== undefined) {
        window.give(piece.length)
        throw this.#failure
      }
      this.#session.content(this.#number, piece)
    }
  }
}
