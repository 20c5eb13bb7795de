/**
 * A stub resolver that keeps "no record", "no such name" and "could not find out" apart, and knows of each answer
 * whether it was validated. Sockets, clock and randomness are handed in; `./node` has them, `./testing` a zone in memory.
 *
 * @packageDocumentation
 */
export type { CacheLimits } from './cache/cache.ts'
export * from './clock.ts'
export * from './error.ts'
export { decodeMessage } from './message/decode.ts'
export * from './message/encode.ts'
export * from './message/message.ts'
export { encodeQuery, matchAnswer, type QueryForm, udpOctets } from './message/query.ts'
export { formatAddress, isLoopback, parseAddress } from './name/address.ts'
export { normalName } from './name/name.ts'
export * from './name/reverse.ts'
export { type Rdata, readRecord } from './record/read.ts'
export * from './record/record.ts'
export { writeRecord } from './record/write.ts'
export * from './resolver/contract.ts'
export type { Exchange } from './resolver/exchange.ts'
export { maxAliases, maxRecords } from './resolver/judge.ts'
export type { ResolverEvent } from './resolver/lookup.ts'
export * from './resolver/resolver.ts'
export * from './resolver/transport.ts'
