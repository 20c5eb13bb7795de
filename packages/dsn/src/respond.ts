import { type Header, stripComments } from '@angarium/imf-parser'
import { asciiLower } from '@angarium/smtp-wire'

/** Whether an automatic responder may answer a message, and why not. */
export type RespondVerdict =
  | { readonly respond: true }
  | {
      readonly respond: false
      readonly because: 'null-reverse-path' | 'responder-address' | 'auto-submitted' | 'mailing-list'
    }

/**
 * Judges whether a message may be answered automatically, by a vacation notice and the like: never when its
 * reverse-path is null; not when it was itself sent by a machine, by a list or by an address that lists and responders
 * use. Delivery reports follow other rules: see {@link reportable}.
 *
 * @param reversePath mailbox without angle brackets; empty for the null reverse-path
 * @rfc 3834 2
 */
export function mayRespond(reversePath: string, header: Header): RespondVerdict {
  if (reversePath === '') return { respond: false, because: 'null-reverse-path' }
  if (isResponder(reversePath)) return { respond: false, because: 'responder-address' }
  if (header.all('Auto-Submitted').some((field) => autoSubmitted(field.text) !== 'no'))
    return { respond: false, because: 'auto-submitted' }
  if (header.fields.some((field) => isOfList(field.name, field.text)))
    return { respond: false, because: 'mailing-list' }
  return { respond: true }
}

/**
 * The keyword of an Auto-Submitted field in lower case: `no`, `auto-generated`, `auto-replied` or an extension. What is
 * malformed is no keyword, and so not `no`.
 *
 * @rfc 3834 5
 */
export function autoSubmitted(text: string): string {
  const value = asciiLower(stripComments(text) ?? '')
  return (value.split(';', 1)[0] ?? '').trim()
}

function isResponder(reversePath: string): boolean {
  const local = asciiLower(reversePath.slice(0, Math.max(reversePath.lastIndexOf('@'), 0)))
  return local.startsWith('owner-') || local.endsWith('-request') || local === 'mailer-daemon'
}

/** RFC 2369 and 2919 fields, and the old word for the same. */
function isOfList(name: string, text: string): boolean {
  const lower = asciiLower(name)
  if (lower === 'precedence') return ['list', 'bulk', 'junk'].includes(asciiLower(text))
  return lower.startsWith('list-')
}
