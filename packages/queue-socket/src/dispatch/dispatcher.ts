import type { DestinationKey, Lease, Settlement } from '@angarium/queue'
import { silentLog } from '@angarium/queue'
import { leaseRefOf, misuse } from '@angarium/queue/lifecycle'
import { Door, defaultSocketLimits } from '../socket/door.ts'
import { listen } from '../socket/listen.ts'
import { Malformed } from '../wire/frames.ts'
import type { Dispatcher, DispatcherOptions, LocalDeliveries } from './contract.ts'
import type { Order, Task } from './worker-party.ts'
import { WorkerParty } from './worker-party.ts'

/** Destinations whose last worker is remembered. */
const remembered = 10_000

/**
 * Listens for workers, and gives a scheduler its `deliver` and `withoutAttempt`. A lease goes to the worker that last
 * delivered to the same destination, while it has room: its session may be warm; else to the one with the least to do.
 * When a worker dies, what it had in its hands is settled as abandoned at once: it is tried again, and may be delivered
 * twice, for nobody knows what became of it; what takes its worker along three times is held.
 *
 * @throws QueueError as `serveQueue` does.
 */
export async function createDispatcher(options: DispatcherOptions): Promise<Dispatcher> {
  const { path, local, log = silentLog } = options
  const limits = { ...defaultSocketLimits, ...options.limits }
  const crew = new Crew(local)
  const door = new Door({
    errand: 'deliveries',
    path,
    limits,
    log,
    welcome: () => ({}),
    admit(channel, { capacity = 0 }) {
      if (capacity === 0) throw new Malformed('a worker without a capacity')
      const worker = new WorkerParty(channel, capacity, {
        freed: () => crew.look(),
        gone() {
          crew.remove(worker)
          log.warn('worker-gone', crew.snapshot())
        },
      })
      crew.add(worker)
      log.info('worker-came', crew.snapshot())
      return worker
    },
  })
  const stopListening = await listen(path, log, (socket) => door.enter(socket))
  return {
    deliver: (lease, signal, passage) => crew.order(lease, { op: 'deliver', signal, passage }),
    withoutAttempt: (lease, why) => crew.order(lease, { op: 'withoutAttempt', why }),
    snapshot: () => crew.snapshot(),
    async close() {
      stopListening()
      crew.close()
      await door.close()
    },
  }
}

/** The workers, and what waits for one of them. */
class Crew {
  readonly #local: LocalDeliveries | undefined
  readonly #workers = new Set<WorkerParty>()
  readonly #waiting = new Set<Order>()
  readonly #last = new Map<DestinationKey, WorkerParty>()
  #closed = false

  constructor(local: LocalDeliveries | undefined) {
    this.#local = local
  }

  add(worker: WorkerParty): void {
    this.#workers.add(worker)
    this.look()
  }

  remove(worker: WorkerParty): void {
    this.#workers.delete(worker)
    for (const [destination, last] of this.#last) if (last === worker) this.#last.delete(destination)
    this.look()
  }

  close(): void {
    this.#closed = true
    for (const order of this.#waiting) order.resolve(givenBack(order.lease))
    this.#waiting.clear()
  }

  snapshot(): ReturnType<Dispatcher['snapshot']> {
    return { workers: [...this.#workers].map(({ snapshot }) => snapshot), waiting: this.#waiting.size }
  }

  order(lease: Lease, task: Task): Promise<Settlement> {
    if (this.#closed) return Promise.reject(misuse(task.op, 'the dispatcher is closed'))
    if (task.op === 'deliver' && task.signal.aborted) return Promise.resolve(givenBack(lease))
    return new Promise((resolve, reject) => {
      const order: Order = { lease, task, resolve, reject }
      this.#waiting.add(order)
      // What waits for a worker is not under way: it can be given back as it is.
      if (task.op === 'deliver')
        task.signal.addEventListener('abort', () => {
          if (this.#waiting.delete(order)) resolve(givenBack(lease))
        })
      this.look()
    })
  }

  /** Hands out what waits, in order, as long as somebody has room. */
  look(): void {
    for (const order of this.#waiting) {
      if (this.#workers.size === 0 && this.#local !== undefined) this.#begin(order, this.#local)
      else {
        const worker = this.#choose(order.lease.destination)
        if (worker === undefined) return
        this.#waiting.delete(order)
        this.#remember(order.lease.destination, worker)
        worker.give(order)
      }
    }
  }

  #begin(order: Order, { deliver, withoutAttempt }: LocalDeliveries): void {
    const { lease, task, resolve, reject } = order
    this.#waiting.delete(order)
    const settling = task.op === 'deliver' ? deliver(lease, task.signal, task.passage) : withoutAttempt(lease, task.why)
    settling.then(resolve, reject)
  }

  #choose(destination: DestinationKey): WorkerParty | undefined {
    const last = this.#last.get(destination)
    if (last?.hasRoom === true) return last
    let least: WorkerParty | undefined
    for (const worker of this.#workers)
      if (worker.hasRoom && (least === undefined || worker.load < least.load)) least = worker
    return least
  }

  #remember(destination: DestinationKey, worker: WorkerParty): void {
    this.#last.delete(destination)
    this.#last.set(destination, worker)
    if (this.#last.size <= remembered) return
    for (const oldest of this.#last.keys()) {
      this.#last.delete(oldest)
      return
    }
  }
}

/** As it came: no attempt was made. */
function givenBack(lease: Lease): Settlement {
  return { lease: leaseRefOf(lease), recipients: [] }
}
