/**
 * Node's sockets, clock and randomness for the resolver, its messages by dns-packet, the system's name servers, and a
 * zone on a port.
 *
 * @packageDocumentation
 */
export * from './node/clock.ts'
export * from './node/codec/codec.ts'
export * from './node/resolv-conf.ts'
export * from './node/resolver.ts'
export * from './node/serve.ts'
export * from './node/transport.ts'
