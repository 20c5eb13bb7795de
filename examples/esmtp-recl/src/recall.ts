import type { Clock, Entry, Log, QueueId, QueueStore } from '@angarium/queue'
import type { RecipientFacts } from '@angarium/reception'
import { domainKey, formatMailbox, type Mailbox, type Reply, reply } from '@angarium/smtp-wire'
import { type ReclRequest, readRecl } from './recl.ts'
import { composeNotice, composeReport, type Outcome } from './report.ts'
import { findMessages } from './search.ts'
import type { OpenTransaction } from './transactions.ts'

/** What a recall is made of. */
export interface RecallOptions {
  readonly hostname: string
  readonly store: QueueStore
  readonly clock: Clock
  readonly log: Log
  /** Domains delivered here, in lower case. */
  readonly local: ReadonlySet<string>
}

type Recall = Extract<ReclRequest, { readonly kind: 'recall' }>

/** What came of one recipient; `identified`: the message it was named for showed that the request is its sender's. */
type Judged = Outcome & { readonly identified: boolean }

/**
 * Answers RECL. 250 means that the request was carried out and that the report on it is on stable storage; what came of
 * each recipient, the report says. Section 6.
 *
 * A message goes only as a whole, and only from the queue: what has been passed on or delivered stays where it is. It is
 * put on hold first, and removed once the report is safe, so that no crash or failure loses both the message and the word
 * of it; a request that is repeated finds it on hold.
 */
export function createRecall(options: RecallOptions): (argument: string, open: OpenTransaction) => Promise<Reply> {
  const { hostname, store, clock, log, local } = options

  async function recall(request: Recall, sender: Mailbox, recipients: readonly RecipientFacts[]): Promise<Reply> {
    const from = formatMailbox(sender)
    const entries = await findMessages(store, from, request.messageId, request.guid)
    if (entries.some(isUnderWay)) return underWay
    const wanted = new Set(recipients.map(({ address }) => fold(address)))
    const whole = entries.filter((entry) => waiting(entry).every(({ address }) => wanted.has(fold(address))))
    const ids = whole.map(({ id }) => id)
    // What somebody else put on hold stays there when nothing comes of this.
    const ours = whole.filter((entry) => !isOnHold(entry)).map(({ id }) => id)
    await change(ids, 'hold')
    const held = await asTheyStand(ids)
    if (held.some(isUnderWay)) {
      await change(ours, 'release')
      return underWay
    }
    const outcomes = recipients.map(({ address }) => judge(address, entries, whole, held))
    try {
      await report('RECALL', request, sender, outcomes)
    } catch (error) {
      log.warn('recl-report-failed', { error })
      await change(ours, 'release')
      return noReport
    }
    await change(ids, 'remove')
    log.info('recl-recalled', { reversePath: from, messageId: request.messageId, ids, outcomes })
    await inform(request, from, recipients, outcomes)
    return accepted
  }

  /** These messages as they stand now. */
  async function asTheyStand(ids: readonly QueueId[]): Promise<readonly Entry[]> {
    const found: Entry[] = []
    for await (const entry of store.scan({ ids })) if (entry.kind === 'message') found.push(entry)
    return found
  }

  async function change(ids: readonly QueueId[], kind: 'hold' | 'release' | 'remove'): Promise<void> {
    for await (const _ of store.change({ ids }, kind === 'hold' ? { kind, because: 'RECL' } : { kind }));
  }

  async function report(
    verb: 'HOLD' | 'RECALL',
    { guid }: ReclRequest,
    sender: Mailbox,
    outcomes: readonly Outcome[],
  ): Promise<void> {
    const to = formatMailbox(sender)
    const domain = domainKey(sender.domain)
    const destination = local.has(domain) ? `local:${domain}` : domain
    await submit(to, destination, (letter) => composeReport(letter, verb, guid, outcomes))
  }

  /** Only of a message that was identified: a guess must not make this host write to anybody. */
  async function inform(
    { inform, messageId }: Recall,
    from: string,
    recipients: readonly RecipientFacts[],
    outcomes: readonly Judged[],
  ): Promise<void> {
    for (const [index, { kind, identified }] of outcomes.entries()) {
      const recipient = recipients[index]
      const wanted = inform === 'ALL' || inform === (kind === 'OK' ? 'SUCCESS' : 'FAILURE')
      if (recipient === undefined || !wanted || !identified || !isAscii(recipient.address)) continue
      try {
        const { address, destination } = recipient
        await submit(address, destination, (letter) => composeNotice(letter, from, messageId, kind))
      } catch (error) {
        log.warn('recl-notice-failed', { error })
      }
    }
  }

  async function submit(
    to: string,
    destination: string,
    compose: (letter: Parameters<typeof composeNotice>[0]) => Uint8Array,
  ): Promise<void> {
    const draft = store.draft()
    try {
      await draft.write(compose({ hostname, now: clock.now(), id: draft.id, to }))
      await draft.commit({
        reversePath: '',
        parameters: [],
        recipients: [{ address: to, parameters: [], destination }],
      })
    } catch (error) {
      await draft.abort()
      throw error
    }
  }

  return async (argument, { reversePath, recipients }) => {
    const request = readRecl(argument)
    if (request === undefined) return notAnArgument
    if (reversePath.kind !== 'mailbox') return nobodyToTell
    if (!isAscii(formatMailbox(reversePath)) || !recipients.every(({ address }) => isAscii(address))) return asciiOnly
    // Nothing is ever on hold here, so nothing is to be released; and no report is wanted.
    if (request.kind === 'release') return accepted
    if (request.kind === 'recall') return recall(request, reversePath, recipients)
    const because = 'This server does not put messages on hold.'
    try {
      await report(
        'HOLD',
        request,
        reversePath,
        recipients.map(({ address }) => ({ address, kind: 'NO', because })),
      )
      return accepted
    } catch (error) {
      log.warn('recl-report-failed', { error })
      return noReport
    }
  }
}

/** `whole`: of which the request names all who still wait. `held`: those, now that nothing moves any more. */
function judge(address: string, entries: readonly Entry[], whole: readonly Entry[], held: readonly Entry[]): Judged {
  const waits = (entry: Entry): boolean => waiting(entry).some((one) => fold(one.address) === fold(address))
  const identified = entries.some((entry) => entry.recipients.some((one) => fold(one.address) === fold(address)))
  const no = (because: string): Judged => ({ address, identified, kind: 'NO', because })
  if (entries.some((entry) => !whole.includes(entry) && waits(entry)))
    return no('It also waits for others, whom the request does not name.')
  if (held.some(waits)) return { address, identified, kind: 'OK', because: 'It was withdrawn.' }
  return no(identified ? 'It has already been passed on.' : 'No such message waits here.')
}

const waiting = ({ recipients }: Entry): Entry['recipients'] =>
  recipients.filter(({ state }) => ['queued', 'leased', 'deferred', 'held'].includes(state))
const isUnderWay = (entry: Entry): boolean => entry.recipients.some(({ state }) => state === 'leased')
const isOnHold = (entry: Entry): boolean => entry.recipients.some(({ state }) => state === 'held')

const fold = (address: string): string => address.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

const accepted: Reply = reply(250, '0.0', 'Request taken; a report tells what came of it')
const underWay: Reply = reply(450, '2.0', 'The message is on its way just now; ask again')
const noReport: Reply = reply(451, '3.0', 'The report could not be stored; nothing was recalled')
const nobodyToTell: Reply = reply(550, '5.0', 'RECL needs a sender who can be told')
const asciiOnly: Reply = reply(553, '6.7', 'RECL is for ASCII addresses')
const notAnArgument: Reply = reply(501, '5.4', 'Not an argument of RECL')
