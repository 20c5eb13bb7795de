import {
  defineExtension,
  type Extension,
  type Offer,
  type ParameterCodec,
  type ParameterValues,
  type Plan,
  proceed,
  type Refusal,
  readDigits,
  reply,
  type SessionContext,
} from '@angarium/smtp-wire'
import type { ByValue } from './deliverby.ts'
import { formatDateTime, readDateTime } from './grammar/date-time.ts'

/** What a server that holds messages says of itself. */
export interface FutureReleaseOptions {
  /** The longest hold, whole seconds, from 1 to 999,999,999. */
  readonly maximum: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Who may have a message held; others get 530 5.7.0. Left out: whoever has authenticated. */
  readonly allows?: (context: SessionContext) => boolean
}

/** Its parameters of MAIL. */
export type FutureReleaseMail = { readonly HOLDFOR: ParameterCodec<number>; readonly HOLDUNTIL: ParameterCodec<number> }

/**
 * Messages held by a submission server until a time. List it in submission servers only, and in clients that submit.
 *
 * ```abnf
 * futurerelease-param = max-interval SP date-time   ; in the EHLO reply: seconds, and the last moment
 * max-interval        = %x31-39 *8DIGIT
 * holdfor-value       = %x31-39 *8DIGIT             ; MAIL HOLDFOR, seconds
 * holduntil-value     = date-time                   ; MAIL HOLDUNTIL, in UTC; adds 31 octets
 * ```
 * One of the two, never both. HOLDUNTIL is told in milliseconds since 1970; fractions of a second are not taken. A server
 * refuses with 501 5.5.4 what it was not made for, both at once, and a hold that outlasts the time of DELIVERBY. It is for
 * the queue not to send before, and for reports to say `Future-Release-Request`.
 *
 * A client does not begin what the server would not hold so long (501 5.5.4), and does not submit to a server that does
 * not offer the keyword, which would send at once (554 5.3.3). Who has held a message takes the parameter away before it
 * sends: it has done its work.
 *
 * @rfc 4865 3
 * @rfc 4865 4
 * @rfc 4865 5.2.2
 */
export function futureRelease(options: FutureReleaseOptions): Extension<FutureReleaseMail, Record<never, never>> {
  const { maximum, now, allows = ({ identity }): boolean => identity !== undefined } = options
  const latest = (): number => now() + maximum * 1000
  return defineExtension({
    name: 'futurerelease',
    rfc: 4865,
    keyword: 'FUTURERELEASE',
    ehlo: () => [String(maximum), formatDateTime(latest())],
    mail: {
      HOLDFOR: {
        maxOctets: ' HOLDFOR=999999999'.length,
        parse: (value = ''): number | undefined => readInterval(value),
        format: (seconds) => String(seconds),
      },
      HOLDUNTIL: {
        maxOctets: ' HOLDUNTIL=2030-12-31T23:59:59Z'.length,
        parse: (value = ''): number | undefined => readDateTime(value, true),
        format: formatDateTime,
      },
    },
    onMail(hold, context) {
      if (hold.HOLDFOR === undefined && hold.HOLDUNTIL === undefined) return proceed
      if (!allows(context)) return reply(530, '7.0', 'Messages are held for those who have authenticated')
      const refusal = excess(hold, maximum, latest())
      if (refusal !== undefined) return refusal
      const by = context.mailParameters.BY as ByValue | undefined
      const seconds = hold.HOLDFOR ?? ((hold.HOLDUNTIL ?? 0) - now()) / 1000
      return by !== undefined && seconds > by.seconds
        ? reply(501, '5.4', 'The message would be held longer than the time it is to be delivered in')
        : proceed
    },
    client: { plan: ({ parameters }, offer) => plan(parameters, offer) },
  })
}

function plan(hold: ParameterValues<FutureReleaseMail>, offer: Offer | undefined): Plan<FutureReleaseMail> {
  if (hold.HOLDFOR === undefined && hold.HOLDUNTIL === undefined) return { kind: 'send' }
  if (offer === undefined) return { kind: 'veto', reply: reply(554, '3.3', 'The server does not hold messages') }
  const [interval = '', moment = ''] = offer
  const refusal = excess(
    hold,
    readInterval(interval) ?? Number.POSITIVE_INFINITY,
    readDateTime(moment) ?? Number.POSITIVE_INFINITY,
  )
  return refusal === undefined ? { kind: 'send', mail: hold } : { kind: 'veto', reply: refusal }
}

/** Why a server that holds so long and until then does not take a hold. @rfc 4865 4.2 */
function excess(
  { HOLDFOR, HOLDUNTIL }: ParameterValues<FutureReleaseMail>,
  maximum: number,
  latest: number,
): Refusal | undefined {
  if (HOLDFOR !== undefined && HOLDUNTIL !== undefined)
    return reply(501, '5.4', 'HOLDFOR and HOLDUNTIL exclude each other')
  if (HOLDFOR !== undefined && HOLDFOR > maximum) return reply(501, '5.4', `Held for up to ${maximum} seconds`)
  if (HOLDUNTIL !== undefined && HOLDUNTIL > latest)
    return reply(501, '5.4', `Held until ${formatDateTime(latest)} at the latest`)
  return undefined
}

/** Whole seconds above 0, without leading zeros. */
const readInterval = (text: string): number | undefined => (text.startsWith('0') ? undefined : readDigits(text, 9))
