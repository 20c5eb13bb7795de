/**
 * Node's sockets for `@angarium/smtp-wire`: a listener with its limits, a dialer, STARTTLS on both sides, and the
 * machine's clock and randomness. No SMTP is spoken or decided here.
 *
 * @packageDocumentation
 */
export { createNodeClock, type NodeRandom, nodeClock, nodeRandom } from './clock.ts'
export { createDialer, type DialerOptions } from './dialer.ts'
export { SmtpNodeError, type SmtpNodeErrorCode, type SmtpNodeErrorDetails } from './error.ts'
export { type Listener, type ListenOptions, listen, type ProxyOptions, type RefusalReason } from './listener.ts'
export { createTlsContext, type TlsContext, type TlsMaterial } from './tls/context.ts'
export { HandshakeError } from './tls/handshake.ts'
