import type { Lease, Passage, QueueId, Settlement } from '@angarium/queue'
import type { Dispatcher, DispatcherOptions, WorkerOptions } from '../src/index.ts'
import { createDispatcher, serveDeliveries } from '../src/index.ts'
import { afterwards, until } from './place.ts'

let made = 0

export function leaseTo(destination: string, more: Partial<Lease> = {}): Lease {
  return {
    id: `1000000000000000000${String(++made).padStart(3, '0')}` as QueueId,
    destination,
    fence: 1,
    until: 0,
    reversePath: 'a@b.example',
    parameters: [['X', undefined]],
    recipients: [{ index: 0, address: `c@${destination}`, parameters: [], attempts: 1, warned: false }],
    size: 3,
    acceptedAt: 0,
    priority: 0,
    sender: '',
    body: new Uint8Array([1, 2, 3]),
    ...more,
  }
}

export function refTo({ id, destination, fence }: Lease) {
  return { id, destination, fence }
}

export function delivered(lease: Lease): Settlement {
  return { lease: refTo(lease), recipients: [{ index: 0, kind: 'delivered' }] }
}

/** Delivers to whom it may concern. */
export function order(dispatcher: Dispatcher, destination: string): void {
  dispatcher.deliver(leaseTo(destination), never, open).catch(() => undefined)
}

export const open: Passage = { enter: () => true }
export const never = new AbortController().signal

export async function dispatcherAt(path: string, options: Partial<DispatcherOptions> = {}): Promise<Dispatcher> {
  const dispatcher = await createDispatcher({ path, ...options })
  afterwards(() => dispatcher.close())
  return dispatcher
}

/** A worker that delivers when it is told to. */
function slowWorker(path: string, capacity: number, options: Partial<WorkerOptions> = {}) {
  const begun: Lease[] = []
  const ends: (() => void)[] = []
  const worker = serveDeliveries({
    path,
    capacity,
    async deliver(lease, signal) {
      begun.push(lease)
      await new Promise<void>((resolve) => {
        ends.push(resolve)
        signal.addEventListener('abort', () => resolve())
      })
      return signal.aborted ? { lease: refTo(lease), recipients: [] } : delivered(lease)
    },
    withoutAttempt: async (lease, why) => ({
      lease: refTo(lease),
      recipients: [{ index: 0, kind: 'deferred', delay: 7, because: why }],
    }),
    ...options,
  })
  afterwards(() => worker.close(0))
  return { worker, begun, ends }
}

export async function connectedWorker(
  dispatcher: Dispatcher,
  path: string,
  capacity: number,
  options: Partial<WorkerOptions> = {},
) {
  const before = dispatcher.snapshot().workers.length
  const slow = slowWorker(path, capacity, options)
  await until(() => dispatcher.snapshot().workers.length > before)
  return slow
}
