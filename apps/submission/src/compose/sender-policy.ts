import type { PolicyStage } from '@angarium/reception'
import { type Mailbox, type Refusal, reply } from '@angarium/smtp-wire'
import type { UserDirectory } from '../login/user-directory.ts'
import { addressKey, senderKey, type User } from '../login/users-file.ts'

/**
 * Nothing is taken from who has not logged in, and nothing in somebody else's name. The null reverse-path is everybody's:
 * mail programs send receipts with it.
 *
 * @rfc 4954 6
 * @rfc 6409 4.3
 * @rfc 6409 6.1
 */
export function createSenderPolicy(users: UserDirectory, domains: readonly string[]): PolicyStage {
  return {
    name: 'sender',
    mail({ session: { identity }, reversePath }) {
      if (identity === undefined) return loginRequired
      const user = users.find(identity)
      if (user === undefined) return loginRequired
      return reversePath.kind === 'null' || maySendAs(user, reversePath, domains) ? 'proceed' : notYours
    },
  }
}

function maySendAs(user: User, sender: Mailbox, domains: readonly string[]): boolean {
  const address = addressKey(sender)
  const domain = address.slice(address.lastIndexOf('@'))
  return sendersOf(user, domains).some((one) => one === address || one === domain)
}

/** Those of the user, or else the name: alone if it is an address, at each of the domains if it is none. */
function sendersOf({ name, senders }: User, domains: readonly string[]): readonly string[] {
  if (senders.length > 0) return senders
  const addresses = name.includes('@') ? [name] : domains.map((domain) => `${name}@${domain}`)
  return addresses.flatMap((address) => senderKey(address) ?? [])
}

const loginRequired: Refusal = reply(530, '7.0', 'Authentication required')
const notYours: Refusal = reply(550, '7.1', 'You may not send in that name')
