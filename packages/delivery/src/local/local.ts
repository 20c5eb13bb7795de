import type { Lease, LeasedRecipient, Log } from '@angarium/queue'
import { encodeUtf8 } from '@angarium/smtp-wire'
import { type ReadContent, single } from '../attempt/content.ts'
import type { Preparation, Prepared, Unprepared } from '../attempt/preparation.ts'
import { deferred, failed, type Outcome, type Trouble } from '../outcome/outcome.ts'
import { allOf, plain, type Result } from '../outcome/result.ts'
import type { HostAbilities } from '../plan/host.ts'
import type { Stop } from '../transport/stop.ts'
import { HeaderFilter } from './header.ts'
import type { MailboxDelivery } from './mailbox.ts'
import { type OwnerWish, ownerChanged, readOwnerWish, wishOf } from './ownership.ts'

/** Destinations that are delivered here begin with this; what follows is the domain. */
export const localPrefix = 'local:'

/** What local delivery needs. */
export interface LocalContext {
  readonly mailboxes: MailboxDelivery | undefined
  readonly log: Log
  /** Of this message. */
  readonly preparation: Preparation
}

/**
 * Puts a message into the mailboxes of a lease's recipients, one after the other.
 *
 * A message that was delivered to the same address before is going round in circles and fails.
 *
 * @rfc 5321 4.4
 * @rfc 7293 5
 * @rfc 9228 4
 */
export async function deliverLocally(
  lease: Lease,
  content: ReadContent,
  { mailboxes, log, preparation }: LocalContext,
  stop: Stop,
): Promise<readonly Result[]> {
  const { recipients } = lease
  const same = (outcome: Outcome): readonly Result[] => allOf(recipients, outcome)
  if (mailboxes === undefined) return same(noMailboxes())
  let header: Found
  let prepared: Prepared | Unprepared
  try {
    prepared = await preparation.for({ ...mailboxAbilities, binary: mailboxes.binary === true }, 'the mailbox')
    header = await readHeader(content, recipients, mailboxes.ownedSince !== undefined)
  } catch (error) {
    log.warn('content-unreadable', { id: lease.id, error })
    return same(deferred('4.3.0', 'the queue could not give the content'))
  }
  if (prepared.kind === 'stopped') return same({ kind: 'returned' })
  if (prepared.kind === 'unfit') return same(prepared.trouble)
  const { conversion } = prepared
  const stored = conversion === undefined ? content : () => single(conversion.content)
  const results: Result[] = []
  for (const recipient of recipients) {
    const outcome = stop.aborted
      ? ({ kind: 'returned' } as const)
      : header.delivered.has(key(recipient.address))
        ? failed('5.4.6', 'the message was delivered to this address before: it loops')
        : await deliverOne(lease, recipient, header, stored, mailboxes, log)
    results.push({ recipient, outcome, circumstances: conversion === undefined ? plain : { conversion } })
  }
  return results
}

/** Why nothing is delivered here. */
export function noMailboxes(): Trouble {
  return deferred('4.3.5', 'no mailboxes are configured here')
}

async function deliverOne(
  { id, reversePath }: Lease,
  recipient: LeasedRecipient,
  { wishes }: Found,
  content: ReadContent,
  mailboxes: MailboxDelivery,
  log: Log,
): Promise<Outcome> {
  const { address } = recipient
  const prefix = encodeUtf8(`Return-Path: <${reversePath}>\r\nDelivered-To: ${address}\r\n`)
  try {
    const wish = wishOf(recipient) ?? wishes.get(key(address))
    const forbidden = wish && (await ownerChanged(address, wish, mailboxes))
    if (forbidden !== undefined) return forbidden
    return await mailboxes.deliver({ id, reversePath, address, content: marked(prefix, content) })
  } catch (error) {
    log.warn('mailbox-failed', { id, recipient: address, error })
    return deferred('4.3.0', 'the mailbox could not be reached')
  }
}

/** Nothing is beyond a mailbox but octets that are no lines. */
const mailboxAbilities: Omit<HostAbilities, 'binary'> = {
  protocol: 'lmtp',
  keywords: new Set(['SMTPUTF8', 'REQUIRETLS', 'DELIVERBY']),
  eightBit: true,
}

/** The content as it is stored: our fields first, and no other Return-Path. */
async function* marked(prefix: Uint8Array, content: ReadContent): AsyncIterable<Uint8Array> {
  yield prefix
  const filter = new HeaderFilter()
  for await (const chunk of content()) yield* filter.pass(chunk)
  yield* filter.end()
}

/** What the header says of the recipients, by their keys. */
interface Found {
  /** A Delivered-To field names them. */
  readonly delivered: ReadonlySet<string>
  /** By fields Require-Recipient-Valid-Since; of several the one that is harder to fulfil. */
  readonly wishes: ReadonlyMap<string, OwnerWish>
}

/** Reads no further than the header. @rfc 7293 5.2 */
async function readHeader(
  content: ReadContent,
  recipients: readonly LeasedRecipient[],
  withWishes: boolean,
): Promise<Found> {
  const wanted = new Set(recipients.map(({ address }) => key(address)))
  const delivered = new Set<string>()
  const wishes = new Map<string, OwnerWish>()
  const filter = new HeaderFilter((field, value) => {
    const { address, wish } = field === 'delivered-to' ? { address: value } : (readOwnerWish(value) ?? {})
    const at = key(address ?? '')
    if (!wanted.has(at)) return
    if (field === 'delivered-to') delivered.add(at)
    else if (withWishes && wish && wish.since < (wishes.get(at)?.since ?? Infinity)) wishes.set(at, wish)
  })
  const drop = (pieces: Iterable<Uint8Array>): void => {
    for (const _ of pieces);
  }
  for await (const chunk of content()) {
    drop(filter.pass(chunk))
    if (!filter.inHeader) return { delivered, wishes }
  }
  drop(filter.end())
  return { delivered, wishes }
}

/** Mailboxes here do not differ by case alone. */
function key(address: string): string {
  return address.replace(/[A-Z]+/g, (part) => part.toLowerCase())
}
