import type { AnswerTo, VerbEvent } from '@angarium/smtp-wire'
import type { Soon } from '@angarium/smtp-wire/drive'
import type { SessionFacts } from '../session/facts.ts'

/**
 * Answers a verb of an extension, such as AUTH or ETRN. An answer with an identity makes that the session's. One that
 * throws, rejects or exceeds `ReceptionLimits.decisionMs` is answered by 451 4.3.0.
 */
export type VerbOwner = (event: VerbEvent, session: SessionFacts) => Soon<AnswerTo<VerbEvent>>
