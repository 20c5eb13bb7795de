import type { Clock, Log, Random } from '@angarium/queue'
import type { Dialer, Transport } from '@angarium/smtp-wire/drive'
import type { CreateTlsContext } from './configuration/tls-files.ts'
import type { ListenerOptions, Listening } from './listen.ts'
import type { Sharing } from './sharing.ts'
import type { CheckOptions, Finding, StationStore } from './store.ts'

/** What an app brings along: the machine's clock and randomness, its sockets, and a kind of store. */
export interface Drivers<T extends HasCertificate> {
  readonly clock: Clock
  readonly random: Random
  readonly createTlsContext: CreateTlsContext<T>
  createDialer(options: { readonly tls: T }): Dialer
  listen(options: ListenerOptions & ListenerParts<T>): Promise<Listening>
  createStore(options: StoreOptions): StationStore
  readonly sharing: Sharing
  /** Checks a queue that nobody has open. */
  checkQueue(options: StoreOptions, how: CheckOptions): AsyncIterable<Finding>
}

/** A TLS context, as far as a station looks into it. */
export interface HasCertificate {
  readonly hasCertificate: boolean
}

/** What a listener is given beside its options. */
export interface ListenerParts<T> {
  readonly tls: T
  onConnection(transport: Transport): void
}

/** What the store of a server is made of. It is not opened yet. */
export interface StoreOptions {
  /** Is there. */
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  /** Octets on the disk that no new mail may use. */
  readonly minFree: number
}
