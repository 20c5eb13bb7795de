import type { DestinationKey } from '@angarium/queue'
import { addressLimits, domainKey, parseMailbox } from '@angarium/smtp-wire'

/**
 * The queue's destination of mail that goes elsewhere: the domain of its address. Also where a route takes it, so that one
 * that comes or goes applies to what is in the queue already.
 *
 * @throws TypeError for what is no mailbox
 */
export function destinationOfAddress(address: string): DestinationKey {
  const mailbox = parseMailbox(address, { ...addressLimits, utf8: true })
  if (mailbox === undefined) throw new TypeError(`${address} is no mailbox`)
  return domainKey(mailbox.domain)
}
