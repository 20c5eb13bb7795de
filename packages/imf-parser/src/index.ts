/**
 * Internet messages: framing of headers, addresses, dates, identifiers, trace fields; parsing, and composing.
 * Pure: octets and text in, values out.
 *
 * @packageDocumentation
 */
export type { Address, AddressFault, Group, Mailbox } from './address/address.ts'
export { mailbox } from './address/address.ts'
export {
  formatAddressList,
  formatAddrSpec,
  formatMailbox,
  formatPhrase,
  formatReturnPath,
} from './address/format.ts'
export type { ReturnPath } from './address/parse.ts'
export { parseAddressList, parseMailbox, parseMailboxList, parseReturnPath } from './address/parse.ts'
export { encodeUnstructured } from './compose/encoded-word.ts'
export { formatField } from './compose/field.ts'
export type { ComposeOptions } from './compose/text.ts'
export { formatDate } from './date/format.ts'
export type { DateFault, DateTime } from './date/parse.ts'
export { parseDate } from './date/parse.ts'
export type { ImfErrorCode, ImfErrorDetails } from './error.ts'
export { ImfError } from './error.ts'
export type { Field, FieldIrregularity, HeaderPiece, IrregularPiece, PieceIrregularity } from './header/field.ts'
export type { Header } from './header/header.ts'
export { readHeader } from './header/header.ts'
export type { HeaderLimits } from './header/limits.ts'
export { headerLimits } from './header/limits.ts'
export type { ReceivedCounter } from './header/received-counter.ts'
export { createReceivedCounter } from './header/received-counter.ts'
export type { HeaderEnd, HeaderFault, HeaderNeedsMore, HeaderScanner, HeaderStep } from './header/scanner.ts'
export { createHeaderScanner } from './header/scanner.ts'
export { unfold } from './header/unfold.ts'
export type { MessageIdFault } from './id/message-id.ts'
export { formatMessageId, parseMessageId, parseMessageIds } from './id/message-id.ts'
export { decodeText, encodeUtf8 } from './octets.ts'
export type { TraceInfo } from './received/format.ts'
export { formatReceived } from './received/format.ts'
export type { ReceivedFault } from './received/parse.ts'
export { parseReceived } from './received/parse.ts'
export type { Received, ReceivedHost } from './received/received.ts'
export type { Transmission, TransmissionType } from './received/transmission-type.ts'
export { transmissionType } from './received/transmission-type.ts'
export type { TokenFault } from './syntax/cursor.ts'
export { stripComments } from './syntax/cursor.ts'
export type { Leniency, Parsed, ParsedValue, SyntaxFault } from './syntax/parsed.ts'
