/**
 * Delivery status notifications: the ESMTP parameters that ask for them, whom they may go to, and the reports
 * themselves. Pure: the time and randomness are handed in.
 *
 * @packageDocumentation
 */
export { composeReport } from './compose/compose.ts'
export type { DsnErrorCode, DsnErrorDetails } from './error.ts'
export { DsnError } from './error.ts'
export type { DeliverBy, Overdue } from './parameter/deliver-by.ts'
export { deliverBy, overdue } from './parameter/deliver-by.ts'
export type { Ret } from './parameter/envelope.ts'
export { formatEnvid, formatRet, parseEnvid, parseRet } from './parameter/envelope.ts'
export type { Notify } from './parameter/notify.ts'
export { formatNotify, notifyByDefault, parseNotify } from './parameter/notify.ts'
export type { OriginalRecipient } from './parameter/orcpt.ts'
export { formatOrcpt, parseOrcpt } from './parameter/orcpt.ts'
export { decodeUnitext, encodeUnitext } from './parameter/unitext.ts'
export { aliasParameters, listParameters } from './redistribution.ts'
export type { RelayParameters } from './relay.ts'
export { relayParameters } from './relay.ts'
export type {
  Action,
  ComposedReport,
  EsmtpParameter,
  Instant,
  Offered,
  RemoteReply,
  Report,
  ReportEnvelope,
  ReportRandom,
  ReportRecipient,
  ReturnedContent,
} from './report.ts'
export type { RespondVerdict } from './respond.ts'
export { autoSubmitted, mayRespond } from './respond.ts'
export { reportable } from './wanted.ts'
