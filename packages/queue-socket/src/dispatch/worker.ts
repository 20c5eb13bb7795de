import type { NextHopKey, QueueError, Standstill } from '@angarium/queue'
import { silentLog } from '@angarium/queue'
import { misuse } from '@angarium/queue/lifecycle'
import type { Party } from '../socket/door.ts'
import { Link } from '../socket/link.ts'
import type { Channel } from '../wire/channel.ts'
import { packError } from '../wire/errors.ts'
import type { Frame } from '../wire/frames.ts'
import { kinds, Malformed, openParcel } from '../wire/frames.ts'
import { flag, object, optional, word } from '../wire/shape.ts'
import { packSettlements, unpackLeases } from '../wire/values.ts'
import type { DeliveryWorker, WorkerOptions } from './contract.ts'

/** How long a delivery that was told to stop may take. */
const graceMs = 1_000

/**
 * Delivers for another process: connects to its dispatcher, as often as it has to, and runs what it is handed. Contents
 * that do not come along with a lease are read from the queue, see `connectQueue`.
 *
 * @throws QueueError QUEUE_MISUSE for a capacity that is none.
 */
export function serveDeliveries(options: WorkerOptions): DeliveryWorker {
  const { path, capacity, log = silentLog } = options
  if (!Number.isSafeInteger(capacity) || capacity < 1) throw misuse('serveDeliveries', `the capacity is ${capacity}`)
  let shift: Shift | undefined
  const link = new Link({
    path,
    errand: 'deliveries',
    log,
    hello: { capacity },
    admit(channel) {
      const mine = new Shift(channel, options, () => {
        if (shift === mine) shift = undefined
      })
      shift = mine
      return mine
    },
  })
  link.keep()
  return {
    get connected() {
      return shift !== undefined
    },
    async close(deadlineMs) {
      link.close()
      await shift?.finish(deadlineMs)
    },
  }
}

interface Running {
  readonly abort: AbortController
  /** Those who asked to enter, in order. */
  readonly asking: ((granted: boolean) => void)[]
}

/** One connection to the dispatcher, and the deliveries it brought. */
class Shift implements Party {
  readonly #channel: Channel
  readonly #options: WorkerOptions
  readonly #over: () => void
  readonly #running = new Map<number, Running>()
  /** `leaving`: the dispatcher may not know yet, and what it sends is given back. */
  #state: 'working' | 'leaving' | 'left' = 'working'
  #idle: (() => void) | undefined

  constructor(channel: Channel, options: WorkerOptions, over: () => void) {
    this.#channel = channel
    this.#options = options
    this.#over = over
  }

  frame({ kind, number, body }: Frame): void {
    switch (kind) {
      case kinds.ask:
        this.#begin(number, body)
        break
      case kinds.stop:
        this.#running.get(number)?.abort.abort()
        break
      case kinds.entered:
        this.#running.get(number)?.asking.shift()?.(flag(openParcel(body).value))
        break
      case kinds.leave:
        this.#state = 'left'
        this.#look()
        break
      default:
        throw new Malformed(`a dispatcher does not send frames of kind ${kind}`)
    }
  }

  room(): void {}

  ended(_error: QueueError): void {
    for (const { abort, asking } of this.#running.values()) {
      abort.abort()
      for (const answer of asking) answer(false)
    }
    this.#running.clear()
    this.#state = 'left'
    this.#look()
    this.#over()
  }

  async finish(deadlineMs: number): Promise<void> {
    this.#state = 'leaving'
    this.#channel.sendOctets(kinds.leave, 0)
    await this.#emptied(deadlineMs)
    for (const { abort } of this.#running.values()) abort.abort()
    await this.#emptied(graceMs)
    this.#channel.end()
  }

  #emptied(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#idle = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#look()
    })
  }

  #look(): void {
    if (this.#state === 'left' && this.#running.size === 0) this.#idle?.()
  }

  #begin(number: number, body: Buffer): void {
    const { value, octets } = openParcel(body)
    const asked = object(value)
    const [lease] = unpackLeases(asked.leases, octets)
    const why = optional(word<Standstill>('passed-over', 'rate'))(asked.why)
    if (lease === undefined || this.#running.has(number)) throw new Malformed('an order that makes no sense')
    if (this.#state !== 'working') {
      this.#channel.send(kinds.answer, number, packSettlements([{ lease, recipients: [] }], []))
      return
    }
    const running: Running = { abort: new AbortController(), asking: [] }
    this.#running.set(number, running)
    const { deliver, withoutAttempt } = this.#options
    const passage = { enter: (nextHop: NextHopKey) => this.#enter(number, running, nextHop) }
    const settling = async () =>
      why === undefined ? deliver(lease, running.abort.signal, passage) : withoutAttempt(lease, why)
    void settling()
      .then(
        (settlement) => {
          const contents: Uint8Array[] = []
          this.#channel.send(kinds.answer, number, packSettlements([settlement], contents), contents)
        },
        (error: unknown) => this.#channel.send(kinds.failure, number, packError(error, 'deliver')),
      )
      .then(() => {
        this.#running.delete(number)
        this.#look()
      })
  }

  #enter(number: number, running: Running, nextHop: NextHopKey): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#channel.ended) return resolve(false)
      running.asking.push(resolve)
      this.#channel.send(kinds.enter, number, nextHop)
    })
  }
}
