import { asciiUpper, readDigits } from '@angarium/smtp-wire'
import type { EsmtpParameter, Instant, Offered, Report } from '../report.ts'
import { parameterValue } from './list.ts'

/** By when a message is to be delivered, and what its sender hears otherwise. @rfc 2852 4 */
export interface DeliverBy {
  /** The deliver-by-time. */
  readonly at: Instant
  /** After it: `return` fails what is not delivered; `notify` reports the delay, and attempts go on. */
  readonly mode: 'return' | 'notify'
  /** Every relaying is to be reported. */
  readonly trace: boolean
}

/**
 * Reads the BY parameter of MAIL. `undefined` when there is none, or a malformed one; with mode `return` that is also one
 * whose time is not ahead.
 *
 * ```abnf
 * by-value = by-time ";" by-mode [by-trace]
 * by-time  = ["-" / "+"] 1*9DIGIT
 * by-mode  = "N" / "R"
 * by-trace = "T"
 * ```
 * @param parameters of MAIL, as received
 * @param arrival when it was received
 * @rfc 2852 4
 */
export function deliverBy(parameters: readonly EsmtpParameter[], arrival: Instant): DeliverBy | undefined {
  const value = parameterValue(parameters, 'BY')
  if (value === undefined) return undefined
  const semicolon = value.indexOf(';')
  const how = modes.get(asciiUpper(value.slice(semicolon + 1)))
  const time = value.slice(0, Math.max(semicolon, 0))
  const isPast = time.startsWith('-')
  const seconds = readDigits(isPast || time.startsWith('+') ? time.slice(1) : time, 9)
  if (how === undefined || seconds === undefined) return undefined
  if (how.mode === 'return' && (isPast || seconds === 0)) return undefined
  return { at: arrival + (isPast ? -seconds : seconds) * 1000, ...how }
}

/** What is reported of recipients that have not got the message by its deliver-by-time. */
export type Overdue =
  /** No further attempt may be made. */
  | { readonly action: 'failed'; readonly status: '5.4.7' }
  /** To be told once; attempts go on. */
  | { readonly action: 'delayed'; readonly status: '4.4.7' }

/**
 * Judges a message that is not delivered or relayed yet. `undefined`: it has no deliver-by-time, or that is still ahead.
 *
 * @param parameters of MAIL, as received
 * @param arrival when it was received
 * @rfc 2852 4.1.3
 */
export function overdue(parameters: readonly EsmtpParameter[], arrival: Instant, now: Instant): Overdue | undefined {
  const by = deliverBy(parameters, arrival)
  if (by === undefined || now < by.at) return undefined
  return by.mode === 'return' ? { action: 'failed', status: '5.4.7' } : { action: 'delayed', status: '4.4.7' }
}

/** What of a message tells whether its deliver-by-time is still ahead. */
export type Timed = Pick<Report, 'parameters' | 'arrival' | 'now'>

/** Reads BY of a message whose arrival may be unknown; then the time counts from now. */
export function deliverByOf({ parameters, arrival, now }: Timed): DeliverBy | undefined {
  return deliverBy(parameters, arrival ?? now)
}

/** Whether a relaying leaves behind the wish to be told of a delay: the host that takes the message does not know it. */
export function losesTime(message: Timed, offered: Offered | undefined): boolean {
  const by = deliverByOf(message)
  return by?.mode === 'notify' && message.now < by.at && offered?.has('DELIVERBY') !== true
}

const modes: ReadonlyMap<string, Omit<DeliverBy, 'at'>> = new Map([
  ['N', { mode: 'notify', trace: false }],
  ['NT', { mode: 'notify', trace: true }],
  ['R', { mode: 'return', trace: false }],
  ['RT', { mode: 'return', trace: true }],
])
