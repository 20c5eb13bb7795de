/**
 * SMTP service extensions, one file each, named by its keyword. Each is one value made with `defineExtension` of
 * `@angarium/smtp-wire` and carries both halves: what a server offers, takes and refuses, and what a client adds or
 * forbids. List those you want where you make a session; nothing else turns them on.
 *
 * @packageDocumentation
 */
export { type BodyValue, type EightBitMime, eightBitMime, eightBitMimeJustSend } from './8bitmime.ts'
export { enhancedStatusCodes } from './enhancedstatuscodes.ts'
export { pipelining } from './pipelining.ts'
export { size } from './size.ts'
export { startTls } from './starttls.ts'
