/**
 * A stub resolver that keeps "no record", "no such name" and "could not find out" apart, and knows of each answer
 * whether it was validated. Sockets, message codec, clock and randomness are handed in; `./node` has them, `./testing`
 * a zone in memory.
 *
 * @packageDocumentation
 */
export type { CacheLimits } from './cache/cache.ts'
export * from './clock.ts'
export * from './error.ts'
export type { Edns, Flags, Message, MessageCodec, MessageRecord, Question } from './message/message.ts'
export { formatAddress, isLoopback, parseAddress } from './name/address.ts'
export { normalName } from './name/name.ts'
export * from './name/reverse.ts'
export { normalRecord } from './record/normal.ts'
export * from './record/record.ts'
export * from './resolver/contract.ts'
export type { ExchangeEnd } from './resolver/exchange.ts'
export { maxAliases, maxRecords } from './resolver/judge.ts'
export type { ResolverEvent } from './resolver/lookup.ts'
export * from './resolver/resolver.ts'
export { parseServer } from './resolver/servers.ts'
export * from './resolver/transport.ts'
