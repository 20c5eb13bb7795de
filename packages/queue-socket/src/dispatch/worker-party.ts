import type { AbortLike, Lease, Passage, Settlement, Standstill } from '@angarium/queue'
import { leaseRefOf } from '@angarium/queue/lifecycle'
import type { HostParty } from '../socket/door.ts'
import type { Channel } from '../wire/channel.ts'
import { crowdedOctets } from '../wire/channel.ts'
import { unpackError } from '../wire/errors.ts'
import type { Frame } from '../wire/frames.ts'
import { kinds, Malformed, openParcel } from '../wire/frames.ts'
import { list, text } from '../wire/shape.ts'
import { packLeases, unpackSettlements } from '../wire/values.ts'
import type { WorkerSnapshot } from './contract.ts'

/** What is to be done with a lease. */
export type Task =
  | { readonly op: 'deliver'; readonly signal: AbortLike; readonly passage: Passage }
  | { readonly op: 'withoutAttempt'; readonly why: Standstill }

/** One lease for whoever has room. */
export interface Order {
  readonly lease: Lease
  readonly task: Task
  readonly resolve: (settlement: Settlement) => void
  readonly reject: (error: Error) => void
}

/** What a {@link WorkerParty} tells its dispatcher. */
export interface WorkerEvents {
  /** It may have room. */
  freed(): void
  gone(): void
}

interface UnderWay extends Order {
  readonly stop: () => void
}

/** One connected worker, as the dispatcher sees it. */
export class WorkerParty implements HostParty {
  readonly #channel: Channel
  readonly #capacity: number
  readonly #events: WorkerEvents
  readonly #underWay = new Map<number, UnderWay>()
  #next = 0
  #leaving = false

  constructor(channel: Channel, capacity: number, events: WorkerEvents) {
    this.#channel = channel
    this.#capacity = capacity
    this.#events = events
  }

  get hasRoom(): boolean {
    const { ended, backlog } = this.#channel
    return !ended && !this.#leaving && this.#underWay.size < this.#capacity && backlog < crowdedOctets
  }

  /** Leases in its hands for each it takes. */
  get load(): number {
    return this.#underWay.size / this.#capacity
  }

  get snapshot(): WorkerSnapshot {
    return { active: this.#underWay.size, capacity: this.#leaving ? 0 : this.#capacity }
  }

  give(order: Order): void {
    const { lease, task } = order
    const number = this.#next
    this.#next = (number + 1) % 2 ** 32
    const stop = (): void => this.#channel.sendOctets(kinds.stop, number)
    this.#underWay.set(number, { ...order, stop })
    const octets: Uint8Array[] = []
    const why = task.op === 'withoutAttempt' ? task.why : undefined
    this.#channel.send(kinds.ask, number, { leases: packLeases([lease], octets), why }, octets)
    if (task.op === 'deliver') task.signal.addEventListener('abort', stop)
  }

  frame(frame: Frame): void {
    const { kind, number, body } = frame
    switch (kind) {
      case kinds.answer: {
        const { value, octets } = openParcel(body)
        const [settlement] = unpackSettlements(list((one) => one)(value), octets)
        if (settlement === undefined) throw new Malformed('an answer without a settlement')
        this.#end(number, ({ lease, resolve }) => resolve({ ...settlement, lease: leaseRefOf(lease) }))
        break
      }
      case kinds.failure: {
        const error = unpackError(openParcel(body).value)
        this.#end(number, ({ reject }) => reject(error))
        break
      }
      case kinds.enter: {
        const nextHop = text(openParcel(body).value)
        const task = this.#underWay.get(number)?.task
        this.#channel.send(kinds.entered, number, task?.op === 'deliver' && task.passage.enter(nextHop))
        break
      }
      case kinds.leave:
        this.#leaving = true
        // After this word it is sent nothing more.
        this.#channel.sendOctets(kinds.leave, 0)
        break
      case kinds.bye:
        this.#channel.end()
        break
      default:
        throw new Malformed(`a worker does not send frames of kind ${kind}`)
    }
    frame.release()
  }

  room(): void {
    this.#events.freed()
  }

  async finish(): Promise<void> {
    this.#channel.end('the owner goes down')
  }

  /** What it had in its hands may have been delivered or not. */
  ended(): void {
    for (const number of [...this.#underWay.keys()])
      this.#end(number, ({ lease, resolve }) => resolve({ lease: leaseRefOf(lease), recipients: [], abandoned: true }))
    this.#events.gone()
  }

  #end(number: number, tell: (order: Order) => void): void {
    const order = this.#underWay.get(number)
    // Told twice, or of nothing: no harm is done by not listening.
    if (order === undefined) return
    this.#underWay.delete(number)
    if (order.task.op === 'deliver') order.task.signal.removeEventListener('abort', order.stop)
    tell(order)
    this.#events.freed()
  }
}
