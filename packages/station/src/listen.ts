import { networkInterfaces } from 'node:os'
import type { Log, PeerInfo, Transport } from '@angarium/smtp-wire/drive'
import type { StationSettings } from './configuration/settings.ts'

/** Where a station listens, and what the driver has to hold. */
export interface ListenerOptions {
  readonly address: string
  readonly port: number
  /** TLS from the first octet on. */
  readonly implicitTls: boolean
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  /** Peers whose connections begin with a header of the PROXY protocol. */
  readonly proxyProtocol: { readonly from: readonly string[] }
  readonly log: Log
  /** Told of each connection turned away; what it returns is said before the end. */
  onRefused(peer: PeerInfo, reason: string): Uint8Array | undefined
}

/** Accepts connections; resolves once it does, rejects with the system's reason. */
export type Listen = (listener: ListenerOptions, onConnection: (transport: Transport) => void) => Promise<Listening>

/** A listener at work. */
export interface Listening {
  readonly address: string
  readonly port: number
  /** Takes no more connections from the call on; resolves when those there are have ended. */
  close(): Promise<void>
}

/** Numeric addresses at which a host is reached, by its listeners. */
export function listeningAddresses({ listeners }: Pick<StationSettings, 'listeners'>): readonly string[] {
  const machine = Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address))
  return listeners.flatMap(({ address }) => (address === '0.0.0.0' || address === '::' ? machine : [address]))
}

/**
 * Where hosts found by MX would be this machine itself: addresses that are listened at, on the port such hosts are
 * reached by.
 */
export function ownAddresses({
  listeners,
  delivery,
}: Pick<StationSettings, 'listeners' | 'delivery'>): readonly string[] {
  return listeningAddresses({ listeners: listeners.filter(({ port }) => port === delivery.smtpPort) })
}
