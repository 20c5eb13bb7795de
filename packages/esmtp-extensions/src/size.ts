import {
  defineExtension,
  type Extension,
  type Offer,
  type ParameterCodec,
  type Plan,
  proceed,
  type Refusal,
  reply,
} from '@angarium/smtp-wire'

/**
 * Message size declaration.
 *
 * ```abnf
 * size-param = *DIGIT      ; in the EHLO reply; 0: no fixed maximum
 * size-value = 1*20DIGIT   ; of the MAIL parameter
 * ```
 * A server offers its limit (0 where the limit is no whole number, such as `Infinity`) and refuses a MAIL that declares
 * more. A client declares the size where it knows it and the server offers SIZE, and does not begin what is larger than
 * the server's maximum. Whether there is room for the message just now is for the answer to the `mail` event: it sees
 * the declared size.
 *
 * A declared size above 2^53 - 1 octets reads as 2^53 - 1: more than any server here accepts, and still a number.
 *
 * @rfc 1870
 */
export const size: Extension<{ readonly SIZE: ParameterCodec<number> }, Record<never, never>> = defineExtension({
  name: 'size',
  rfc: 1870,
  keyword: 'SIZE',
  ehlo: ({ limits }) => [Number.isSafeInteger(limits.messageOctets) ? String(limits.messageOctets) : '0'],
  mail: {
    SIZE: {
      maxOctets: ' SIZE='.length + 20,
      parse: (value) => (value === undefined ? undefined : readSize(value)),
      format: (octets) => String(octets),
    },
  },
  onMail: ({ SIZE: declared }, { limits }) =>
    declared !== undefined && declared > limits.messageOctets
      ? tooBig(`Message of ${declared} octets is larger than the ${limits.messageOctets} accepted here`)
      : proceed,
  client: {
    plan({ size: octets }, offer): Plan {
      if (offer === undefined || octets === undefined) return { kind: 'send' }
      const maximum = offeredMaximum(offer)
      if (octets > maximum)
        return {
          kind: 'veto',
          reply: tooBig(`Message of ${octets} octets is larger than the ${maximum} the next host accepts`),
        }
      return { kind: 'send', mail: { SIZE: octets } }
    },
  },
})

/** The server's fixed maximum; infinite where it states none, states 0, or states something else than a number. */
function offeredMaximum([argument]: Offer): number {
  const octets = argument === undefined ? undefined : readSize(argument)
  return octets === undefined || octets === 0 ? Number.POSITIVE_INFINITY : octets
}

/** Up to 20 digits and nothing else. */
function readSize(text: string): number | undefined {
  return /^[0-9]{1,20}$/.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : undefined
}

const tooBig = (text: string): Refusal => reply(552, '3.4', text)
