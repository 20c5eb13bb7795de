/**
 * One queue for several processes of a machine: the owner serves its store over a Unix socket, the others use it as a
 * store of their own, and deliveries are handed to workers.
 *
 * @packageDocumentation
 */
export type { QueueClientOptions } from './client/store.ts'
export { connectQueue, socketStoreCapabilities } from './client/store.ts'
export type {
  AskedPassage,
  DeliveryWorker,
  Dispatcher,
  DispatcherOptions,
  LocalDeliveries,
  WorkerOptions,
  WorkerSnapshot,
} from './dispatch/contract.ts'
export { createDispatcher } from './dispatch/dispatcher.ts'
export { serveDeliveries } from './dispatch/worker.ts'
export type { QueueOwner, QueueOwnerLimits, QueueOwnerOptions } from './owner/options.ts'
export { defaultQueueOwnerLimits } from './owner/options.ts'
export { serveQueue } from './owner/serve.ts'
export type { SocketLimits } from './socket/door.ts'
