import { type ClientPhase, type Loss, type RecipientResult, type Reply, replyClass } from '@angarium/smtp-wire'
import { deferred, type Outcome, type Trouble } from './outcome.ts'
import { record, statusOf } from './record.ts'

/** What a recipient's result means for what comes next. */
export type Reading =
  | { readonly kind: 'settled'; readonly outcome: Outcome }
  /**
   * Surely not delivered, and nothing said for good or against the recipient itself: it may be sent again in the same
   * attempt, over this session if it lives, else to another address.
   */
  | { readonly kind: 'open'; readonly trouble: Trouble }

/** How the peer is called, and what taking a message means there. */
export interface ReadingContext {
  /** Host name, for the record. */
  readonly host: string
  readonly protocol: 'smtp' | 'lmtp'
  /** Recipients of the same transaction that were taken. */
  readonly accepted: number
}

/**
 * Reads the result of one recipient.
 *
 * A refusal inside a transaction stands: 5xx for good, 4xx until the retry; only "too many recipients" leads to a further
 * transaction, and only after some were taken, so that each gets on. What was lost before the final dot may go to another
 * address at once. What was lost after it may not: the message may be there.
 *
 * 452 is the code for "too many recipients". Old servers say 552, which is also that of a full mailbox. Where the status
 * does not tell, a further transaction does: a recipient it refuses before all others is refused for its own sake.
 *
 * @rfc 5321 4.2.1, 4.5.3.1.10
 * @rfc 1047
 */
export function readResult(result: RecipientResult, { host, protocol, accepted }: ReadingContext): Reading {
  switch (result.kind) {
    case 'accepted': {
      const kind = protocol === 'lmtp' ? 'delivered' : 'relayed'
      return { kind: 'settled', outcome: { kind, reply: record(result.reply, host) } }
    }
    case 'refused': {
      const { reply, phase } = result
      const outcome = refusal(reply, host, phase)
      if (phase !== 'rcpt' || !mayBeTooMany(reply)) return { kind: 'settled', outcome }
      const trouble = deferred('4.5.3', `${host} takes no more recipients at a time`, outcome.reply)
      if (accepted > 0) return { kind: 'open', trouble }
      return { kind: 'settled', outcome: reply.status === undefined ? outcome : trouble }
    }
    case 'vetoed': {
      const outcome = verdict(result.reply, `${result.by} forbids sending it to ${host}`)
      return { kind: 'settled', outcome }
    }
    case 'lost':
      return { kind: 'open', trouble: lost(result, host, `before ${host} had the message`) }
    case 'unknown':
      return { kind: 'settled', outcome: lost(result, host, `after ${host} got the message; it may arrive twice`) }
  }
}

/** What a peer's refusal comes to. */
export function refusal(reply: Reply, host: string, phase: ClientPhase): Trouble {
  return verdict(reply, `${host} refused ${objects[phase]}`, host)
}

function verdict(reply: Reply, because: string, host?: string): Trouble {
  const recorded = record(reply, host)
  const kind = replyClass(reply) === 'permanent' ? 'failed' : 'deferred'
  return { kind, status: statusOf(recorded), because, reply: recorded }
}

/** What the end of a session comes to. `reply`: the 421 that announced it. */
export function lost(
  { loss, reply }: { readonly loss: Loss; readonly reply?: Reply },
  host: string,
  when: string,
): Trouble {
  if (reply !== undefined) return verdict(reply, `${host} ended the session`, host)
  return deferred(isGarbage(loss) ? '4.5.0' : '4.4.2', `${lossTexts[loss]} ${when}`)
}

function mayBeTooMany({ code, status }: Reply): boolean {
  return (code === 452 || code === 552) && (status === undefined || status.endsWith('.5.3'))
}

function isGarbage(how: Loss): boolean {
  return how.startsWith('reply-') || how === 'unsolicited' || how === 'input-before-tls'
}

/** What the peer refused, by phase. */
const objects: Readonly<Record<ClientPhase, string>> = {
  greeting: 'the connection',
  hello: 'the hello',
  starttls: 'TLS',
  verb: 'a command',
  mail: 'the sender',
  rcpt: 'the recipient',
  data: 'the message',
  chunk: 'a part of the message',
  content: 'the message',
  end: 'the message',
  rset: 'a command',
  quit: 'a command',
}

const lossTexts: Readonly<Record<Loss, string>> = {
  timeout: 'no reply in time',
  closed: 'the connection was lost',
  'reply-line-too-long': 'a reply without end',
  'reply-too-many-lines': 'a reply without end',
  'reply-syntax': 'something that is no reply',
  'reply-code-mismatch': 'a reply with two codes',
  unsolicited: 'a reply that nobody asked for',
  'input-before-tls': 'input in clear behind STARTTLS',
  handshake: 'the TLS handshake failed',
  'given-up': 'given up by us',
}
