import type { Lease, LeasedRecipient, Log } from '@angarium/queue'
import { encodeUtf8 } from '@angarium/smtp-wire'
import type { ReadContent } from '../attempt/content.ts'
import { deferred, failed, type Outcome } from '../outcome/outcome.ts'
import type { Result } from '../outcome/result.ts'
import type { Stop } from '../transport/stop.ts'
import { HeaderFilter } from './header.ts'
import type { MailboxDelivery } from './mailbox.ts'
import { ownerChanged } from './ownership.ts'

/** Destinations that are delivered here begin with this; what follows is the domain. */
export const localPrefix = 'local:'

/** What local delivery needs. */
export interface LocalContext {
  readonly mailboxes: MailboxDelivery | undefined
  readonly log: Log
}

/**
 * Puts a message into the mailboxes of a lease's recipients, one after the other.
 *
 * A message that was delivered to the same address before is going round in circles and fails.
 *
 * @rfc 5321 4.4
 * @rfc 7293 5.1
 * @rfc 9228 4
 */
export async function deliverLocally(
  lease: Lease,
  content: ReadContent,
  { mailboxes, log }: LocalContext,
  stop: Stop,
): Promise<readonly Result[]> {
  const { recipients } = lease
  const same = (outcome: Outcome): readonly Result[] => recipients.map((recipient) => ({ recipient, outcome }))
  if (mailboxes === undefined) return same(deferred('4.3.5', 'no mailboxes are configured here'))
  let seen: ReadonlySet<string>
  try {
    seen = await earlierDeliveries(content, recipients)
  } catch (error) {
    log.warn('content-unreadable', { id: lease.id, error })
    return same(deferred('4.3.0', 'the queue could not give the content'))
  }
  const results: Result[] = []
  for (const recipient of recipients) {
    const outcome = stop.aborted
      ? ({ kind: 'returned' } as const)
      : seen.has(key(recipient.address))
        ? failed('5.4.6', 'the message was delivered to this address before: it loops')
        : await deliverOne(lease, recipient, content, mailboxes, log)
    results.push({ recipient, outcome })
  }
  return results
}

async function deliverOne(
  { id, reversePath }: Lease,
  recipient: LeasedRecipient,
  content: ReadContent,
  mailboxes: MailboxDelivery,
  log: Log,
): Promise<Outcome> {
  const { address } = recipient
  const prefix = encodeUtf8(`Return-Path: <${reversePath}>\r\nDelivered-To: ${address}\r\n`)
  try {
    const forbidden = await ownerChanged(recipient, mailboxes)
    if (forbidden !== undefined) return forbidden
    return await mailboxes.deliver({ id, reversePath, address, content: marked(prefix, content) })
  } catch (error) {
    log.warn('mailbox-failed', { id, recipient: address, error })
    return deferred('4.3.0', 'the mailbox could not be reached')
  }
}

/** The content as it is stored: our fields first, and no other Return-Path. */
async function* marked(prefix: Uint8Array, content: ReadContent): AsyncIterable<Uint8Array> {
  yield prefix
  const filter = new HeaderFilter()
  for await (const chunk of content()) yield* filter.pass(chunk)
  yield* filter.end()
}

/** Which of the recipients a Delivered-To field names. Reads no further than the header. */
async function earlierDeliveries(
  content: ReadContent,
  recipients: readonly LeasedRecipient[],
): Promise<ReadonlySet<string>> {
  const wanted = new Set(recipients.map(({ address }) => key(address)))
  const seen = new Set<string>()
  const filter = new HeaderFilter((address) => {
    if (wanted.has(key(address))) seen.add(key(address))
  })
  const drop = (pieces: Iterable<Uint8Array>): void => {
    for (const _ of pieces);
  }
  for await (const chunk of content()) {
    drop(filter.pass(chunk))
    if (!filter.inHeader) return seen
  }
  drop(filter.end())
  return seen
}

/** Mailboxes here do not differ by case alone. */
function key(address: string): string {
  return address.replace(/[A-Z]+/g, (part) => part.toLowerCase())
}
