import { WireError } from '../error.ts'
import { type EnhancedStatus, isStatusDetail } from './status.ts'

/** One reply, ours or a peer's. A peer's text is remote: escape it wherever it is shown. @rfc 5321 4.2 */
export interface Reply<C extends number = number> {
  /** Three digits, the first from 2 to 5. */
  readonly code: C
  /** Of the same class as the code. @rfc 3463 2 */
  readonly status?: EnhancedStatus
  /** One element a line, without code, status and line end. At least one, possibly empty. */
  readonly text: readonly string[]
}

/** Codes that refuse for now or for good. */
export type RefusalCode =
  | 421
  | 450
  | 451
  | 452
  | 454
  | 455
  | 500
  | 501
  | 502
  | 503
  | 504
  | 521
  | 523
  | 525
  | 530
  | 534
  | 535
  | 538
  | 550
  | 551
  | 552
  | 553
  | 554
  | 555
  | 556

/** A refusal. */
export type Refusal = Reply<RefusalCode>

/** A reply without an enhanced status: what a greeting and the answer to a hello have to be. @rfc 2034 4 */
export interface PlainReply<C extends number = number> extends Reply<C> {
  readonly status?: never
}

/** The last two numbers of an enhanced status; a reply that only asks to go on (334, 354) has none. @rfc 2034 4 */
export type StatusDetail<C extends number> = C extends 334 | 354 ? undefined : `${number}.${number}` | undefined

/**
 * Builds a reply to send.
 *
 * @param detail the last two numbers of the enhanced status (`1.1` for 5.1.1), or `undefined` for none
 * @throws WireError UNSAFE_TEXT when a line holds anything but printable characters, blanks and tabs, or `detail` is not
 *   two numbers
 */
export function reply<C extends number>(code: C, detail: undefined, ...text: string[]): PlainReply<C>
export function reply<C extends number>(code: C, detail: StatusDetail<C>, ...text: string[]): Reply<C>
export function reply(code: number, detail: string | undefined, ...text: string[]): Reply {
  const lines = text.length === 0 ? [''] : text
  for (const line of lines)
    if (hasControl(line))
      throw new WireError('UNSAFE_TEXT', 'a reply line holds a control character', { where: 'reply' })
  if (detail === undefined) return { code, text: lines }
  if (!isStatusDetail(detail))
    throw new WireError('UNSAFE_TEXT', `"${detail}" is not the end of a status`, { where: 'status' })
  return { code, status: `${Math.floor(code / 100)}.${detail}` as EnhancedStatus, text: lines }
}

/** The same reply where no enhanced status may stand. @rfc 2034 4 */
export function withoutStatus<C extends number>({ code, text }: Reply<C>): PlainReply<C> {
  return { code, text }
}

/** How a reply must be taken, from its first digit. @rfc 5321 4.2.1 */
export function replyClass(of: Reply): 'positive' | 'intermediate' | 'transient' | 'permanent' {
  if (of.code < 300) return 'positive'
  if (of.code < 400) return 'intermediate'
  return of.code < 500 ? 'transient' : 'permanent'
}

/** True for a refusal of either kind. */
export const isRefusal = (of: Reply): of is Refusal => of.code >= 400

/** True where text would break a line or a terminal. */
export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || (code >= 0x80 && code <= 0x9f)) return true
  }
  return false
}
