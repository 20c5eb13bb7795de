import {
  asciiUpper,
  defineExtension,
  type Extension,
  type Offer,
  type ParameterCodec,
  type Plan,
  proceed,
  readDigits,
  reply,
} from '@angarium/smtp-wire'

/** By when a message is to be delivered. @rfc 2852 4 */
export interface ByValue {
  /** From MAIL on; negative or 0 for a time that has passed, which mode `return` cannot have. Up to 999,999,999. */
  readonly seconds: number
  /** After it: `return` gives up and reports; `notify` reports the delay and goes on. */
  readonly mode: 'return' | 'notify'
  /** Each relaying is to be reported. */
  readonly trace: boolean
}

/** Its parameters of MAIL. */
export type DeliverByMail = { readonly BY: ParameterCodec<ByValue> }

/**
 * Delivery by a time.
 *
 * ```abnf
 * deliverby-param = [ 1*9DIGIT ] *( "," extension-token )   ; in the EHLO reply: the least time of mode R
 * by-value        = by-time ";" by-mode [ by-trace ]        ; MAIL BY, adds 17 octets
 * by-time         = [ "-" / "+" ] 1*9DIGIT                  ; seconds; above 0 in mode R
 * by-mode         = "N" / "R"                               ; notify, return
 * by-trace        = "T"
 * ```
 * The server offers the minimum it was made with, and refuses less in mode R with 555. When the time is over, and what is
 * reported then, is for who holds the message. The client passes BY on where it is offered, with the seconds that remain:
 * the value it is given must already be that (see {@link remainingBy}). Where it is not offered, or the server's minimum
 * is longer, a message of mode R must not go (554 5.3.3, 554 5.4.7); one of mode N goes without, and if its time is still
 * ahead a `relayed` report is due.
 *
 * @param minimum seconds, whole; left out: none is told
 * @rfc 2852 2
 * @rfc 2852 4
 */
export function deliverBy(minimum = 0): Extension<DeliverByMail, Record<never, never>> {
  return defineExtension({
    name: 'deliverby',
    rfc: 2852,
    keyword: 'DELIVERBY',
    ehlo: () => (minimum > 0 ? [String(minimum)] : []),
    mail: { BY: by },
    onMail: ({ BY }) =>
      BY?.mode === 'return' && BY.seconds < minimum
        ? reply(555, '5.4', `Nothing is delivered here in less than ${minimum} seconds`)
        : proceed,
    client: { plan: ({ parameters }, offer) => plan(parameters.BY, offer) },
  })
}

const by: ParameterCodec<ByValue> = {
  maxOctets: ' BY=-999999999;RT'.length,
  parse(value = ''): ByValue | undefined {
    const [, sign, digits = '', mode = '', trace] = /^([+-]?)([0-9]{1,9});([NR])(T?)$/.exec(asciiUpper(value)) ?? []
    const amount = readDigits(digits)
    if (amount === undefined || (mode === 'R' && (sign === '-' || amount === 0))) return undefined
    const seconds = sign === '-' && amount > 0 ? -amount : amount
    return { seconds, mode: mode === 'R' ? 'return' : 'notify', trace: trace === 'T' }
  },
  format: ({ seconds, mode, trace }) => `${seconds};${mode === 'return' ? 'R' : 'N'}${trace ? 'T' : ''}`,
}

function plan(value: ByValue | undefined, offer: Offer | undefined): Plan<DeliverByMail> {
  if (value === undefined) return { kind: 'send' }
  if (value.mode === 'return') {
    if (offer === undefined)
      return { kind: 'veto', reply: reply(554, '3.3', 'The next host does not deliver by a time, as asked for') }
    if (value.seconds < offeredMinimum(offer))
      return { kind: 'veto', reply: reply(554, '4.7', 'The next host needs more time than remains') }
  }
  return offer === undefined ? { kind: 'send' } : { kind: 'send', mail: { BY: value } }
}

/** 0 where the server tells none. @rfc 2852 2 */
function offeredMinimum([parameter = '']: Offer): number {
  const comma = parameter.indexOf(',')
  return readDigits(comma === -1 ? parameter : parameter.slice(0, comma), 9) ?? 0
}

/**
 * What is to stand behind "BY=" when a message is relayed: the text it came with, less the time it was held. To be
 * computed when MAIL is about to be sent, and put in the place of what came.
 *
 * @param value behind "=", as it came
 * @param elapsed seconds since it came; fractions count against the time that remains
 * @returns `undefined` when no time remains in mode R: the message must not be sent any more. Also for a text that is not
 *   a value of BY.
 * @rfc 2852 4.1.4
 */
export function remainingBy(value: string, elapsed: number): string | undefined {
  const came = by.parse(value)
  if (came === undefined) return undefined
  const seconds = Math.max(Math.floor(came.seconds - elapsed), -MOST_SECONDS)
  return came.mode === 'return' && seconds <= 0 ? undefined : by.format({ ...came, seconds })
}

const MOST_SECONDS = 999_999_999
