import { join } from 'node:path'
import type { Delivery } from '@angarium/delivery'
import type { Clock, Log, Millis, SchedulerOptions } from '@angarium/queue'
import type { StationStore } from './store.ts'

/** What a scheduler needs of those who deliver. */
export type Deliveries = Required<Pick<SchedulerOptions, 'deliver' | 'withoutAttempt'>>

/** How the processes of a machine share a queue, by the sockets that `path` names: what an app brings along. */
export interface Sharing {
  /** The store that the process behind the socket has open. */
  connect(options: { readonly path: string; readonly clock: Clock; readonly log: Log }): StationStore
  /** Lets other processes use an open store. */
  serve(options: {
    readonly path: string
    readonly store: StationStore
    readonly log: Log
  }): Promise<{ close(): Promise<void> }>
  /** Hands deliveries to other processes, and to `local` while there are none. */
  dispatch(options: {
    readonly path: string
    readonly local: Deliveries
    readonly log: Log
  }): Promise<Deliveries & { close(): Promise<void> }>
  /** Delivers for the process behind the socket, at most `capacity` messages at a time. */
  work(options: WorkOptions): { close(deadlineMs: Millis): Promise<void> }
}

/** See {@link Sharing}. */
export interface WorkOptions extends Pick<Delivery, 'deliver' | 'withoutAttempt'> {
  readonly path: string
  readonly capacity: number
  readonly log: Log
}

/** A server's part in a queue that several processes share. */
export interface Share {
  /** `owner` has the queue and decides what is delivered when; `guest` brings mail to it, and delivers what it is handed. */
  readonly role: 'owner' | 'guest'
  readonly sharing: Sharing
  /** The owner's folder. */
  readonly folder: string
}

/** Where an owner is met by those who bring mail. */
export function queueSocket(folder: string): string {
  return join(folder, 'queue.sock')
}

/** Where an owner is met by those who deliver. */
export function deliveriesSocket(folder: string): string {
  return join(folder, 'deliveries.sock')
}
