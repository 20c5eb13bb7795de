import type { AnswerTo, LookupEvent } from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import type { SessionFacts } from '../session/facts.ts'

/**
 * Answers VRFY and EXPN where a host wants to. Left out, VRFY neither confirms nor denies, and EXPN is not there: both
 * tell a stranger which mailboxes are worth sending to.
 *
 * @rfc 5321 3.5
 * @rfc 5321 7.3
 */
export interface Directory {
  /** 250 with the mailbox, 251 or 252, or a refusal. */
  verify?(lookup: LookupEvent, session: SessionFacts): Soon<AnswerTo<LookupEvent>>
  /** 250 with the members, one a line, or a refusal. */
  expand?(lookup: LookupEvent, session: SessionFacts): Soon<AnswerTo<LookupEvent>>
}
