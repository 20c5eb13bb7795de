import type { EnvelopeParameter, Instant } from '@angarium/queue'
import { type AnyExtension, type Reply, reply } from '@angarium/smtp-wire'
import { mailOk } from '../replies.ts'
import type { SessionFacts, TransactionFacts } from './facts.ts'

/**
 * The priority a message gets, from -9 to 9. `requested` is what the client asks for, 0 where it asks for none. The answer
 * is kept with the message, told to the client where it is another, and sent on in place of the request.
 *
 * @rfc 6710 4.1
 */
export type PriorityPolicy = (requested: number, session: SessionFacts) => number

/** Who has not authenticated may lower the priority of its messages, and not raise it. @rfc 6710 4.1 */
export const cautiousPriority: PriorityPolicy = (requested, { identity }) =>
  identity === undefined ? Math.min(requested, 0) : requested

/** What the parameters of MAIL ask of the queue. */
export interface Wishes {
  readonly priority: number
  /** First attempt no earlier than this. @rfc 4865 4 */
  readonly notBefore: Instant | undefined
}

/** Reads them; nothing is asked where no extension of this session has the parameter. */
export function wishesOf(
  parameters: Readonly<Record<string, unknown>>,
  session: SessionFacts,
  policy: PriorityPolicy,
  now: Instant,
): Wishes {
  const { 'MT-PRIORITY': requested = 0, HOLDFOR: seconds, HOLDUNTIL: moment } = parameters
  const priority = Math.max(-9, Math.min(9, policy(Number(requested), session)))
  const notBefore = typeof seconds === 'number' ? now + seconds * 1000 : typeof moment === 'number' ? moment : undefined
  return { priority, notBefore }
}

/** The answer to MAIL: another priority than the one asked for is told. @rfc 6710 4.1 */
export function answerToMail(parameters: Readonly<Record<string, unknown>>, { priority }: Wishes): Reply<250> {
  const { 'MT-PRIORITY': requested = 0 } = parameters
  return requested === priority ? mailOk : reply(250, '3.6', `${priority} is the new priority assigned to the message`)
}

/** MAIL's parameters for the envelope: as they came, but for a priority that was changed. */
export function envelopeParameters<X extends readonly AnyExtension[]>(
  { raw }: TransactionFacts<X>,
  { priority }: Wishes,
): readonly EnvelopeParameter[] {
  const requested = raw.find(([keyword]) => keyword === PRIORITY)
  if (Number(requested?.[1] ?? 0) === priority) return raw
  return [...raw.filter((one) => one !== requested), [PRIORITY, String(priority)]]
}

const PRIORITY = 'MT-PRIORITY'
