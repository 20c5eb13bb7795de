import { asciiUpper } from '@angarium/smtp-wire'

/** What a sender wants to be told of. NEVER is all three false. */
export interface Notify {
  readonly success: boolean
  readonly failure: boolean
  readonly delay: boolean
}

/** What the absence of NOTIFY means. @rfc 3461 4.1 */
export const notifyByDefault: Notify = { success: false, failure: true, delay: true }

/**
 * Reads the value of a NOTIFY parameter. `undefined` for one that is malformed.
 *
 * ```abnf
 * notify-esmtp-value  = "NEVER" / 1#notify-list-element
 * notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
 * ```
 * @rfc 3461 4.1
 */
export function parseNotify(value: string | undefined): Notify | undefined {
  if (value === undefined || value.length > 64) return undefined
  const words = asciiUpper(value).split(',')
  if (words.length === 1 && words[0] === 'NEVER') return { success: false, failure: false, delay: false }
  if (!words.every((word) => word === 'SUCCESS' || word === 'FAILURE' || word === 'DELAY')) return undefined
  return { success: words.includes('SUCCESS'), failure: words.includes('FAILURE'), delay: words.includes('DELAY') }
}

export function isNever({ success, failure, delay }: Notify): boolean {
  return !(success || failure || delay)
}

/** The value of a NOTIFY parameter. @rfc 3461 4.1 */
export function formatNotify({ success, failure, delay }: Notify): string {
  const words = [success && 'SUCCESS', failure && 'FAILURE', delay && 'DELAY'].filter((word) => word !== false)
  return words.length === 0 ? 'NEVER' : words.join(',')
}
