/**
 * What a protocol's profile of SASL (SMTP, IMAP, POP3) needs: the contract of exchanges, and base64 as profiles demand
 * it. No mechanism, no `node:crypto`: runs in any JavaScript runtime.
 *
 * @packageDocumentation
 */
export { decodeBase64, encodeBase64 } from './base64.ts'
export type { Channel, ChannelBindingType } from './channel.ts'
export type { ClientExchange, ClientFailure, ClientStep, SaslClient } from './client/contract.ts'
export type { ScramHash, ScramVerifier } from './scram/verifier.ts'
export type { Secret } from './secret.ts'
export type {
  Identity,
  Need,
  NeedAnswer,
  NeedKind,
  Needs,
  SaslServer,
  ServerExchange,
  ServerFailure,
  ServerStep,
  TokenRefusal,
  Verdict,
} from './server/contract.ts'
export { maxMessageOctets } from './server/contract.ts'
