export type { Clock, Dialer, DialTarget, Instant, PeerInfo, TlsInfo, TlsOptions, Transport } from './drive/transport.ts'
export { DialError } from './drive/transport.ts'
