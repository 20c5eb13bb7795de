import { rrvs } from '@angarium/esmtp-extensions'
import { parseDate } from '@angarium/imf-parser'
import type { Instant, LeasedRecipient } from '@angarium/queue'
import { asciiLower } from '@angarium/smtp-wire'
import { failed, type Trouble } from '../outcome/outcome.ts'
import type { MailboxDelivery } from './mailbox.ts'

/** Since when a mailbox is to have had its owner, as the sender said. @rfc 7293 3.1 */
export interface OwnerWish {
  readonly since: Instant
  /** The message may go where nobody can tell. */
  readonly unchecked: boolean
}

/** What came with RCPT; `undefined`: nothing. */
export function wishOf({ parameters }: LeasedRecipient): OwnerWish | undefined {
  const asked = parameters.find(([keyword]) => keyword === 'RRVS')
  const value = asked && rrvs.rcpt.RRVS.parse(asked[1])
  return value && { since: value.since, unchecked: value.noSupport === 'C' }
}

/**
 * Reads a field Require-Recipient-Valid-Since; `undefined`: it cannot be read, and then does not count.
 *
 * ```abnf
 * rrvs = "Require-Recipient-Valid-Since:" addr-spec ";" date-time CRLF
 * ```
 * @rfc 7293 3.2
 */
export function readOwnerWish(field: string): { readonly address: string; readonly wish: OwnerWish } | undefined {
  const semicolon = field.lastIndexOf(';')
  const date = parseDate(field.slice(semicolon + 1))
  if (semicolon === -1 || date.kind === 'fault') return undefined
  return { address: field.slice(0, semicolon).trim(), wish: { since: date.value.instant, unchecked: false } }
}

/**
 * What forbids to put a message into a mailbox whose owner may not be the one it was written to; `undefined`: nothing. Role
 * addresses belong to whoever has the role. Where nobody can tell, the message comes back, unless its sender said that it may
 * go without the check.
 *
 * @rfc 7293 5
 * @rfc 7293 5.1
 */
export async function ownerChanged(
  address: string,
  { since: wanted, unchecked }: OwnerWish,
  mailboxes: MailboxDelivery,
): Promise<Trouble | undefined> {
  const [localPart = ''] = address.split('@', 1)
  if (roles.has(asciiLower(localPart))) return undefined
  const since = (await mailboxes.ownedSince?.(address)) ?? 'unknown'
  if (since === 'first-owner') return undefined
  if (since !== 'unknown')
    return since > wanted ? failed('5.7.17', 'the mailbox has another owner than the sender wrote to') : undefined
  if (unchecked) return undefined
  return failed('5.7.19', 'nobody here can tell since when the mailbox has had its owner, which the sender demands')
}

/** @rfc 2142 3, 4, 5 */
const roles: ReadonlySet<string> = new Set([
  ...['abuse', 'ftp', 'hostmaster', 'info', 'marketing', 'news', 'noc', 'postmaster'],
  ...['sales', 'security', 'support', 'usenet', 'uucp', 'webmaster', 'www'],
])
