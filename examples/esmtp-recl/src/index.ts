/**
 * RECL: a message that was sent is asked back, as far as a server still can. Both halves of the command, and the header
 * field that makes a message recallable; `esmtp-recl/mta` is what an MTA loads.
 *
 * After draft-leiba-morg-message-recall-00 of 2009, which expired and never became an RFC.
 *
 * @packageDocumentation
 */
export type { Inform, ReclRequest } from './recl.ts'
export { formatRecl, readRecl, recl } from './recl.ts'
export type { RecallConnection, RecallOrder, RecallReport } from './request.ts'
export { requestRecall } from './request.ts'
export type { HashName, Verification } from './verification.ts'
export { formatVerification, isVerifiedBy, readVerification } from './verification.ts'
