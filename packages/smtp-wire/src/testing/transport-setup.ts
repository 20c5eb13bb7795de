import type { Transport } from '../drive/transport.ts'
import { concat } from '../octets.ts'

/** What a case is run with: made anew for each. */
export interface TransportSetup {
  /** A fresh connection, both ends. Called once or more by a case; the runner cleans up. */
  connect(): Promise<TransportPair>
  /** Ends one side only, so that it can still read. For {@link TransportHooks.halfClose}. */
  end?(transport: Transport): void
  /** Name that the server's certificate is valid for, as the client sees it. For {@link TransportHooks.tls}. */
  readonly serverName?: string
}

/** Both ends of a connection. */
export interface TransportPair {
  readonly client: Transport
  readonly server: Transport
}

/** What the runner can do beyond connecting; each turns on the cases that need it. */
export interface TransportHooks {
  /** The setup has `end`. */
  readonly halfClose?: boolean
  /** The setup has `serverName`, and its transports can be secured. */
  readonly tls?: boolean
}

/** One obligation of {@link Transport}. `run` rejects with a {@link TransportFailure} when it is broken. */
export interface TransportCase {
  readonly name: string
  run(setup: TransportSetup): Promise<void>
}

/** A transport broke the contract. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure'
}

export function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TransportFailure(message)
}

export function same(octets: Uint8Array, expected: Uint8Array, what: string): void {
  check(octets.length === expected.length, `${what}: ${octets.length} octets for ${expected.length}`)
  for (let at = 0; at < expected.length; at++) check(octets[at] === expected[at], `${what}: octet ${at} differs`)
}

export function pattern(length: number, step: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * step + (at >> 8)) & 0xff)
}

export async function writeAll(transport: Transport, octets: Uint8Array): Promise<void> {
  for (let at = 0; at < octets.length; at += 10_000) await transport.write(octets.subarray(at, at + 10_000))
}

export async function readOctets(transport: Transport, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let read = 0; read < count; ) {
    const octets = await transport.read()
    if (octets === undefined) throw new TransportFailure(`the end after ${read} of ${count} octets`)
    check(octets.length > 0, 'a read yielded nothing')
    parts.push(octets.slice())
    read += octets.length
  }
  return concat(parts)
}

export async function readToEnd(transport: Transport): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let octets = await transport.read(); octets !== undefined; octets = await transport.read())
    parts.push(octets.slice())
  return concat(parts)
}
