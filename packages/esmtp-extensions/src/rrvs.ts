import {
  asciiUpper,
  defineExtension,
  type Extension,
  type ParameterCodec,
  type Plan,
  reply,
  type Veto,
} from '@angarium/smtp-wire'
import { formatDateTime, readDateTime } from './grammar/date-time.ts'

/** Since when a mailbox is to have had its owner. @rfc 7293 3.1 */
export interface RrvsValue {
  /** Milliseconds since 1970. */
  readonly since: number
  /** What to do where the next host does not know the extension: `R`, reject, is also meant where nothing is said. */
  readonly noSupport?: 'R' | 'C'
}

/** Its parameters of RCPT. */
export type RrvsRcpt = { readonly RRVS: ParameterCodec<RrvsValue> }

/**
 * Require-recipient-valid-since: not for whoever got the address later.
 *
 * ```abnf
 * rrvs-value = date-time [ ";" ( "C" / "R" ) ]   ; RCPT RRVS, adds 33 octets
 * ```
 * No fractions of a second; the time is passed on in UTC. The check is for who delivers to the mailbox: 550 5.7.17 or
 * 5.7.18 to RCPT where the owner changed since, 5.7.19 where nobody knows; role addresses are not checked, and a mailing
 * list's messages go on without the parameter.
 *
 * A client passes the parameter on where it is offered. Where it is not, the recipient gets 550 5.7.19 unless the sender
 * said `C`; then it goes without, and a header field Require-Recipient-Valid-Since may be added by who knows that a host
 * further on reads it.
 *
 * @rfc 7293 3.1
 * @rfc 7293 5.1
 */
export const rrvs: Extension<Record<never, never>, RrvsRcpt> = defineExtension({
  name: 'rrvs',
  rfc: 7293,
  keyword: 'RRVS',
  rcpt: {
    RRVS: {
      maxOctets: ' RRVS=2014-04-03T23:01:00-07:00;C'.length,
      parse: readRrvs,
      format: ({ since, noSupport }) => formatDateTime(since) + (noSupport === undefined ? '' : `;${noSupport}`),
    },
  },
  client: {
    plan({ recipients }, offer): Plan<Record<never, never>, RrvsRcpt> {
      if (recipients.every(({ parameters }) => parameters.RRVS === undefined)) return { kind: 'send' }
      return {
        kind: 'send',
        rcpt: recipients.map(({ parameters }) => {
          if (offer !== undefined) return { kind: 'send', parameters }
          return parameters.RRVS === undefined || parameters.RRVS.noSupport === 'C'
            ? { kind: 'send', parameters: {} }
            : notOffered
        }),
      }
    },
  },
})

function readRrvs(value = ''): RrvsValue | undefined {
  const semicolon = value.indexOf(';')
  if (semicolon === -1) {
    const since = readDateTime(value)
    return since === undefined ? undefined : { since }
  }
  const since = readDateTime(value.slice(0, semicolon))
  const noSupport = asciiUpper(value.slice(semicolon + 1))
  return since === undefined || (noSupport !== 'R' && noSupport !== 'C') ? undefined : { since, noSupport }
}

const notOffered: Veto = {
  kind: 'veto',
  reply: reply(550, '7.19', 'The next host cannot tell since when the mailbox has had its owner'),
}
