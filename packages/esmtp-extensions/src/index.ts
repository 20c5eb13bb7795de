/**
 * SMTP service extensions, one file each, named by its keyword. Each is one value made with `defineExtension` of
 * `@angarium/smtp-wire` and carries both halves: what a server offers, takes and refuses, and what a client adds or
 * forbids. List those you want where you make a session; nothing else turns them on.
 *
 * @packageDocumentation
 */
export { type BodyValue, type EightBitMime, eightBitMime, eightBitMimeJustSend } from './8bitmime.ts'
export { type AuthConnection, type Authentication, authenticate } from './auth/client.ts'
export { type AuthAnswers, type Authenticator, createAuthenticator } from './auth/server.ts'
export { auth } from './auth.ts'
export { binaryMime } from './binarymime.ts'
export { chunking } from './chunking.ts'
export { type ByValue, deliverBy, remainingBy } from './deliverby.ts'
export { dsn, type NotifyValue, type RetValue } from './dsn.ts'
export { enhancedStatusCodes } from './enhancedstatuscodes.ts'
export { type EtrnRequest, etrn, readEtrn } from './etrn.ts'
export { expn } from './expn.ts'
export { type FutureReleaseOptions, futureRelease } from './futurerelease.ts'
export type { Attributes } from './grammar/attributes.ts'
export { help } from './help.ts'
export { type AnnouncedLimits, limits, readLimits } from './limits.ts'
export { mtPriority, type PriorityProfile } from './mt-priority.ts'
export { pipelining } from './pipelining.ts'
export { requireTls } from './requiretls.ts'
export { type RrvsValue, rrvs } from './rrvs.ts'
export { size } from './size.ts'
export { smtpUtf8 } from './smtputf8.ts'
export { startTls } from './starttls.ts'
export { vrfy } from './vrfy.ts'
export { formatXclient, readXclient, xclient } from './xclient.ts'
export { type Forwarded, type ForwardedAttribute, formatXforward, readXforward, xforward } from './xforward.ts'
