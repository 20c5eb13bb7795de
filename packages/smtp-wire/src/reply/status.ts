import { type StatusEntry, statusEntries, statusSubjects } from './registry-status.ts'

/**
 * An enhanced status code such as `5.1.1`. Its class always equals the reply code's first digit, so replies are built
 * from its last two numbers, and it is never stored apart from its reply.
 *
 * @rfc 3463 2
 */
export type EnhancedStatus = `${2 | 4 | 5}.${number}.${number}`

/** What an enhanced status says. */
export interface StatusExplanation {
  readonly status: EnhancedStatus
  readonly class: 'success' | 'transient' | 'permanent'
  /** What part of the mail system it speaks of; `undefined` for a subject nobody has defined. @rfc 3463 3 */
  readonly subject: string | undefined
  /** The registry's entry; `undefined` for a detail nobody has registered, which is taken as `X.<subject>.0`. */
  readonly entry: StatusEntry | undefined
}

/**
 * Reads a whole text as an enhanced status.
 *
 * ```abnf
 * status-code = ("2" / "4" / "5") "." 1*3DIGIT "." 1*3DIGIT
 * ```
 * @rfc 3463 2
 */
export function parseStatus(text: string): EnhancedStatus | undefined {
  const digit = text.charCodeAt(0) - 0x30
  if ((digit !== 2 && digit !== 4 && digit !== 5) || text.charCodeAt(1) !== DOT) return undefined
  return isStatusDetail(text.slice(2)) ? (text as EnhancedStatus) : undefined
}

/** True for the last two numbers of a status, such as `1.1`: no leading zeros, at most three digits each. */
export function isStatusDetail(text: string): boolean {
  const dot = text.indexOf('.')
  return dot !== -1 && isNumber(text, 0, dot) && isNumber(text, dot + 1, text.length)
}

/**
 * Looks an enhanced status up in the registry. Text that is not one gives `undefined`.
 *
 * @rfc 3463 3
 * @rfc 5248 2
 */
export function explainStatus(text: string): StatusExplanation | undefined {
  const status = parseStatus(text)
  if (status === undefined) return undefined
  const detail = status.slice(2)
  return {
    status,
    class: status.startsWith('2') ? 'success' : status.startsWith('4') ? 'transient' : 'permanent',
    subject: statusSubjects.get(detail.slice(0, detail.indexOf('.'))),
    entry: byDetail.get(detail),
  }
}

const byDetail: ReadonlyMap<string, StatusEntry> = new Map(statusEntries.map((entry) => [entry.detail, entry]))

function isNumber(text: string, from: number, end: number): boolean {
  if (end - from < 1 || end - from > 3) return false
  if (end - from > 1 && text.charCodeAt(from) === ZERO) return false
  for (let i = from; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) return false
  }
  return true
}

const DOT = 0x2e
const ZERO = 0x30
