import type { QueueId } from '@angarium/queue'
import { type Refusal, type Reply, reply } from '@angarium/smtp-wire'

/** Replies given by reception itself. */
export const mailOk: Reply<250> = reply(250, '1.0', 'Sender taken')
export const rcptOk: Reply<250> = reply(250, '1.5', 'Recipient taken')
export const busy: Reply<421> = reply(421, '3.2', 'Too many connections; come again')
export const cannotGreet: Reply<421> = reply(421, '3.0', 'Local problem; come again')
export const localProblem: Refusal = reply(451, '3.0', 'Local problem; come again')
export const noRoom: Refusal = reply(452, '3.1', 'No room for mail now; come again')
export const loop: Refusal = reply(554, '4.6', 'Too many Received fields: this mail goes round in a loop')
export const noSuchVerb: Refusal = reply(502, '5.1', 'Not available')

/** Enough to go on with, and tells nobody which mailboxes there are. @rfc 5321 7.3 */
export const notVerified: Reply<252> = reply(252, '5.0', 'Cannot verify; send mail, and it will be seen')
/** Not listed in EHLO, so it does not exist here. @rfc 5321 3.5.2 */
export const noExpansion: Refusal = reply(502, '5.1', 'Lists are not expanded here')

export const forwardedOk: Reply<250> = reply(250, '0.0', 'Noted')
export const badAttributes: Refusal = reply(501, '5.4', 'Attributes not recognized')

/** The promise. Its id is what the log and the Received field say. */
export const queued = (id: QueueId): Reply<250> => reply(250, '0.0', `Queued as ${id}`)
