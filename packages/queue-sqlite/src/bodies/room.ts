import type { Clock, Millis } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import type { BodyFiles } from './files.ts'

/** Pause between two looks at the disk, and how long a refusal by the database counts. */
const lookEvery: Millis = 1_000

/** Refuses new mail on a disk that is nearly full. */
export class Room {
  readonly #files: BodyFiles
  readonly #clock: Clock
  readonly #minFree: number
  #free = Infinity
  #lookedAt = -Infinity
  #refusedAt = -Infinity
  #looking: Promise<void> | undefined

  constructor(files: BodyFiles, clock: Clock, minFree: number) {
    this.#files = files
    this.#clock = clock
    this.#minFree = minFree
  }

  /** Asks the disk. */
  async look(): Promise<void> {
    this.#free = await this.#files.free()
  }

  /** The database had no room for a message. */
  refused(): void {
    this.#refusedAt = this.#clock.monotonic()
  }

  /** Whether new mail would be refused, by what is known. */
  get full(): boolean {
    return this.#short() || this.#clock.monotonic() - this.#refusedAt < lookEvery
  }

  /** @throws QueueError QUEUE_STORE_FAILED, `full` */
  demand(): void {
    if (this.#short())
      throw new QueueError('QUEUE_STORE_FAILED', 'commit: the disk is nearly full', {
        operation: 'commit',
        full: true,
      })
  }

  /** Resolves when no look is under way. */
  async close(): Promise<void> {
    await this.#looking
  }

  /** Answers from what is known, and has a look for the next time. */
  #short(): boolean {
    const now = this.#clock.monotonic()
    if (this.#looking === undefined && now - this.#lookedAt >= lookEvery) {
      this.#lookedAt = now
      this.#looking = this.look()
        // Not to know is no reason to refuse.
        .catch(() => undefined)
        .finally(() => {
          this.#looking = undefined
        })
    }
    return this.#free < this.#minFree
  }
}
