/**
 * SASL (RFC 4422), client and server. Sans-I/O: octets go in, steps come out; what has to be looked up is asked for.
 * Nothing but `node:crypto` is imported.
 *
 * @packageDocumentation
 */
export { createSaslClient } from './client/client.ts'
export type { ClientContext, ClientMechanism, ClientSay, ClientScript } from './client/contract.ts'
export type { PasswordCredentials } from './client/credentials.ts'
export type { SaslErrorCode, SaslErrorDetails } from './error.ts'
export { SaslError } from './error.ts'
export type { SaslOptions } from './gather.ts'
export { loginClient, loginServer } from './mechanism/login.ts'
export { plainClient, plainServer } from './mechanism/plain.ts'
export { prepareQuery, prepareStored } from './prepare/stringprep.ts'
export * from './profile.ts'
export { Secret } from './secret.ts'
export type { ServerAsk, ServerContext, ServerEnd, ServerMechanism, ServerScript } from './server/contract.ts'
export { ask, authorize, challenge, failure } from './server/script.ts'
export { createSaslServer } from './server/server.ts'
export { strength } from './strength.ts'
