/**
 * An internet in memory, a manual clock, peers that follow a script, and the cases every `Transport` has to pass.
 *
 * @packageDocumentation
 */
export { createManualClock, type ManualClock, settled } from './testing/clock.ts'
export { Link, type LinkOptions, type MemoryTransport } from './testing/link.ts'
export { createNetwork, type Faults, type Network, type NetworkOptions } from './testing/network.ts'
export type { Break } from './testing/pipe.ts'
export { type Passed, type Recording, record } from './testing/record.ts'
export { playScript, type ScriptOptions, type ScriptReport } from './testing/script.ts'
export { type Certificate, HandshakeError } from './testing/tls.ts'
export { transportCases } from './testing/transport-cases.ts'
export {
  type TransportCase,
  TransportFailure,
  type TransportHooks,
  type TransportPair,
  type TransportSetup,
} from './testing/transport-setup.ts'
