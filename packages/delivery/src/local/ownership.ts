import { rrvs } from '@angarium/esmtp-extensions'
import type { LeasedRecipient } from '@angarium/queue'
import { asciiLower } from '@angarium/smtp-wire'
import { failed, type Trouble } from '../outcome/outcome.ts'
import type { MailboxDelivery } from './mailbox.ts'

/**
 * What forbids to put a message into a mailbox whose owner may not be the one it was written to; `undefined`: nothing. Role
 * addresses belong to whoever has the role. Where nobody can tell, the message comes back, unless its sender said that it may
 * go without the check.
 *
 * @rfc 7293 5
 * @rfc 7293 5.1
 */
export async function ownerChanged(
  { address, parameters }: LeasedRecipient,
  mailboxes: MailboxDelivery,
): Promise<Trouble | undefined> {
  const asked = parameters.find(([keyword]) => keyword === 'RRVS')
  const wish = asked && rrvs.rcpt.RRVS.parse(asked[1])
  if (wish === undefined || roles.has(asciiLower(address.slice(0, address.lastIndexOf('@'))))) return undefined
  const since = (await mailboxes.ownedSince?.(address)) ?? 'unknown'
  if (since === 'first-owner') return undefined
  if (since === 'unknown') {
    if (wish.noSupport === 'C') return undefined
    return failed('5.7.19', 'nobody here can tell since when the mailbox has had its owner, which the sender demands')
  }
  return since > wish.since ? failed('5.7.17', 'the mailbox has another owner than the sender wrote to') : undefined
}

/** @rfc 2142 3, 4, 5 @rfc 7293 5.1 */
const roles: ReadonlySet<string> = new Set([
  ...['abuse', 'ftp', 'hostmaster', 'info', 'marketing', 'news', 'noc', 'postmaster'],
  ...['sales', 'security', 'support', 'usenet', 'uucp', 'webmaster', 'www'],
])
