/**
 * What a mail transfer agent needs to pass a message to a host that takes less than the message has: a survey of content
 * as it streams through, and its re-encoding from binary to 8bit to 7bit. Pure: octets in, octets and values out.
 *
 * @packageDocumentation
 */
export type { HeaderLimits } from './header/limits.ts'
export { encodeBase64 } from './mime/base64.ts'
export { encodeQuotedPrintable } from './mime/quoted-printable.ts'
export type { StructureFault, StructureLimits } from './mime/structure.ts'
export { structureLimits } from './mime/structure.ts'
export type { ContentDomain } from './transfer/domain.ts'
export type { Change, Obstacle, ReencodeOptions, Reencoding } from './transfer/reencode.ts'
export { reencode } from './transfer/reencode.ts'
export type { ArcSignature, DkimSignature, Signature, SignedPart } from './transfer/signature.ts'
export type { ContentSurvey, ContentTraits } from './transfer/survey.ts'
export { createContentSurvey } from './transfer/survey.ts'
