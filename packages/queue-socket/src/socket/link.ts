import type { Log } from '@angarium/queue'
import { QueueError } from '@angarium/queue'
import { Channel } from '../wire/channel.ts'
import { storeFailed, unpackError } from '../wire/errors.ts'
import { kinds, Malformed, openParcel, protocolVersion } from '../wire/frames.ts'
import type { Errand, Party } from './door.ts'
import { defaultSocketLimits } from './door.ts'
import { dial } from './listen.ts'

/** What a {@link Link} is made of. */
export interface LinkOptions {
  readonly path: string
  readonly errand: Errand
  readonly log: Log
  /** Said beside the errand. */
  readonly hello?: object
  /** Both sides know each other. @param welcome - the owner's words. */
  admit(channel: Channel, welcome: unknown): Party
}

/** Pauses between two attempts to connect. */
const firstPause = 20
const longestPause = 1_000

/** A guest's connection to its owner: made anew whenever it is lost. */
export class Link {
  readonly #options: LinkOptions
  #wanted = false
  #wake: (() => void) | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /**
   * Connects, trying for at most so long.
   *
   * @throws QueueError QUEUE_STORE_FAILED when no owner lets us in, QUEUE_FORMAT when it speaks another language.
   */
  async open(connectMs: number): Promise<void> {
    const until = performance.now() + connectMs
    this.#wanted = true
    try {
      await this.#connect((error, pause) => QueueError.is(error, 'QUEUE_FORMAT') || performance.now() + pause > until)
    } catch (error) {
      this.#wanted = false
      throw error
    }
  }

  /** Connects whenever there is an owner. */
  keep(): void {
    this.#wanted = true
    void this.#persist()
  }

  /** Makes no more connections. The one there is is its party's to end. */
  close(): void {
    this.#wanted = false
    this.#wake?.()
  }

  async #connect(hopeless: (error: QueueError, pause: number) => boolean): Promise<void> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        await this.#attempt()
        return
      } catch (error) {
        const failure = failed(error)
        if (hopeless(failure, pause)) throw failure
      }
      await this.#pause(pause)
      if (!this.#wanted) throw storeFailed('open', 'closed meanwhile')
    }
  }

  async #attempt(): Promise<void> {
    const { path, errand, hello, admit } = this.#options
    const socket = await dial(path)
    await new Promise<void>((resolve, reject) => {
      let party: Party | undefined
      let farewell: QueueError | undefined
      const channel = new Channel(socket, {
        ...defaultSocketLimits,
        onFrame: (frame) => {
          if (frame.kind === kinds.bye) {
            farewell = unpackError(openParcel(frame.body).value)
            channel.end()
          } else if (party !== undefined) party.frame(frame)
          else if (!this.#wanted) channel.end()
          else if (frame.kind === kinds.welcome) {
            clearTimeout(late)
            party = admit(channel, openParcel(frame.body).value)
            resolve()
          } else throw new Malformed('the first frame is no welcome')
        },
        onRoom: () => party?.room(),
        onEnd: (because) => {
          clearTimeout(late)
          const error = farewell ?? storeFailed('connection', because ?? 'the owner went away')
          if (party === undefined) return reject(error)
          party.ended(error)
          void this.#lost(error)
        },
      })
      const late = setTimeout(() => channel.end('the owner does not let us in'), defaultSocketLimits.stallMs)
      late.unref()
      channel.send(kinds.hello, 0, { ...hello, errand, protocol: protocolVersion })
    })
  }

  async #lost(error: QueueError): Promise<void> {
    if (!this.#wanted) return
    const { path, errand, log } = this.#options
    log.warn('queue-owner-lost', { path, errand, error })
    // An owner that lets us in and sends us away again is not run at without a rest.
    await this.#pause(firstPause)
    if (this.#wanted) await this.#persist()
  }

  /** Tries until there is an owner. Never rejects. */
  async #persist(): Promise<void> {
    const { path, errand, log } = this.#options
    let refused = false
    const never = (error: QueueError): false => {
      if (refused || !QueueError.is(error, 'QUEUE_FORMAT')) return false
      refused = true
      log.warn('queue-owner-refused', { path, errand, error })
      return false
    }
    await this.#connect(never).then(
      () => log.info('queue-owner-found', { path, errand }),
      () => undefined,
    )
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

function failed(error: unknown): QueueError {
  if (error instanceof Error && error.name === 'QueueError') return error as QueueError
  return storeFailed('open', error instanceof Error ? error.message : String(error))
}
