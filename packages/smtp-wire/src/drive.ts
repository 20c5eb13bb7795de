/**
 * The loops that run a session over a {@link Transport}: {@link serve} for a server, {@link connect} for a client. Sockets,
 * clock and log are handed in.
 *
 * @packageDocumentation
 */
export { connect } from './drive/connect.ts'
export type {
  ClientConnection,
  ConnectOptions,
  Content,
  Opening,
  Outgoing,
  Securing,
  TransactionReport,
} from './drive/connection.ts'
export type { AbortLike, Clock, Instant, Log } from './drive/environment.ts'
export type { ServerHandler, Soon } from './drive/handler.ts'
export { type ServeOptions, serve } from './drive/serve.ts'
export type { Dialer, DialOptions, DialTarget, PeerInfo, TlsInfo, TlsOptions, Transport } from './drive/transport.ts'
export { DialError } from './drive/transport.ts'
