/**
 * SMTP and LMTP without I/O: codecs for everything on the wire, server and client sessions as state tables, and the
 * contract of service extensions. Octets and the time go in, octets and events come out; sockets, clocks and policies
 * are the caller's.
 *
 * A decoder answers with a {@link Step}, a session with events; a peer's fault is a value in them, never an exception.
 *
 * @packageDocumentation
 */
export * from './address/domain.ts'
export * from './address/mailbox.ts'
export * from './address/path.ts'
export type {
  ClientPhase,
  Loss,
  OutgoingRecipient,
  OutgoingTransaction,
  RecipientResult,
} from './client/contract.ts'
export * from './client/events.ts'
export { type ClientLimits, clientLimits } from './client/limits.ts'
export { readOffers } from './client/offers.ts'
export { type ClientMode, ClientSession, type ClientSessionOptions } from './client/session.ts'
export * from './command/command.ts'
export * from './command/line.ts'
export * from './command/parameters.ts'
export * from './command/xtext.ts'
export { DataEncoder } from './content/stuff.ts'
export { type BareLineEnds, DataDecoder, type DataFault, type DataStep } from './content/unstuff.ts'
export * from './error.ts'
export * from './extension/define.ts'
export * from './extension/registry.ts'
export * from './extension/types.ts'
export { asciiLower, asciiUpper, decodeUtf8, encodeUtf8, isAscii, readDigits } from './octets.ts'
export * from './proxy/header.ts'
export { readProxyHeader } from './proxy/read-header.ts'
export { type CauseEntry, type ReplyCause, replyCauses } from './reply/causes.ts'
export * from './reply/explain.ts'
export { formatReply } from './reply/format.ts'
export { knownReplies } from './reply/known-replies.ts'
export type { KnownReply } from './reply/known-reply.ts'
export * from './reply/read-reply.ts'
export { type ReplyCodeEntry, replyCodes } from './reply/registry-codes.ts'
export { type StatusEntry, statusEntries, statusSubjects } from './reply/registry-status.ts'
export * from './reply/reply.ts'
export { type EnhancedStatus, explainStatus, parseStatus, type StatusExplanation } from './reply/status.ts'
export * from './server/events.ts'
export { type ServerLimits, serverLimits } from './server/limits.ts'
export { type ServerMode, ServerSession, type ServerSessionOptions } from './server/session.ts'
export { type CommandRow, commandTable, type TableVerb } from './server/table.ts'
export * from './step.ts'
