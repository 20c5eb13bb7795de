import type { Mailbox, Offers, Reply } from '@angarium/smtp-wire'
import { formatMailbox } from '@angarium/smtp-wire'
import { formatRecl, type ReclRequest } from './recl.ts'

/** What a recall needs of a session: a `ClientConnection` of `@angarium/smtp-wire/drive` is one. */
export interface RecallConnection {
  readonly offers: Offers
  command(verb: string, argument: string): Promise<Reply | undefined>
}

/** A recall to ask for. Sender and recipients as of the message. */
export interface RecallOrder {
  readonly sender: Mailbox
  readonly recipients: readonly [Mailbox, ...Mailbox[]]
  readonly request: ReclRequest
}

/** What came of asking. What came of the recall itself, reports to the sender tell. */
export type RecallReport =
  /** The server cannot recall; nothing was sent. */
  | { readonly kind: 'not-offered' }
  /** The server has the request, for those of the recipients that it took. */
  | { readonly kind: 'requested'; readonly reply: Reply; readonly recipients: readonly Mailbox[] }
  | { readonly kind: 'refused'; readonly reply: Reply }
  /** The session ended. Asking again does no harm. */
  | { readonly kind: 'lost' }

/** The client's half: MAIL, RCPT, RECL, and RSET in place of an end that RECL does not have. */
export async function requestRecall(connection: RecallConnection, order: RecallOrder): Promise<RecallReport> {
  if (!connection.offers.has('RECL')) return { kind: 'not-offered' }
  const mail = await connection.command('MAIL', `FROM:<${formatMailbox(order.sender)}>`)
  if (mail?.code !== 250) return noted(mail)
  const recipients: Mailbox[] = []
  let refusal: Reply | undefined
  for (const recipient of order.recipients) {
    const answer = await connection.command('RCPT', `TO:<${formatMailbox(recipient)}>`)
    if (answer === undefined) return { kind: 'lost' }
    if (answer.code < 300) recipients.push(recipient)
    else refusal = answer
  }
  const answer = recipients.length > 0 ? await connection.command('RECL', formatRecl(order.request)) : refusal
  if (answer !== undefined) await connection.command('RSET', '')
  return answer?.code === 250 ? { kind: 'requested', reply: answer, recipients } : noted(answer)
}

const noted = (reply: Reply | undefined): RecallReport =>
  reply === undefined ? { kind: 'lost' } : { kind: 'refused', reply }
