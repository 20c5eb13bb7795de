import {
  asciiUpper,
  type BodyKind,
  defineExtension,
  type Extension,
  type ParameterCodec,
  type Plan,
  proceed,
  reply,
  type Veto,
} from '@angarium/smtp-wire'

/** What the BODY parameter says of the content. @rfc 6152 2 @rfc 3030 3 */
export type BodyValue = '7BIT' | '8BITMIME' | 'BINARYMIME'

/** The type of both choices of 8BITMIME. */
export type EightBitMime = Extension<{ readonly BODY: ParameterCodec<BodyValue> }, Record<never, never>>

/**
 * Content with octets above 127.
 *
 * ```abnf
 * body-value = "7BIT" / "8BITMIME" / "BINARYMIME"   ; of the MAIL parameter BODY
 * ```
 * A server that lists it keeps every octet as it came; content of this toolkit always is kept so. The third value is
 * taken only where BINARYMIME is offered too (504 else): the parameter has one owner, and this is it. A client announces
 * what the content is where the server offers it, 8-bit where nobody knows. Content known to be 8-bit is not sent to a
 * server that does not offer it: 554 5.6.3, as section 3 demands of a client that does not convert; nor is binary content
 * where BINARYMIME and CHUNKING are not offered. Content that nobody looked at, and that did not come as such, is sent.
 *
 * @rfc 6152 3
 * @rfc 3030 3
 */
export const eightBitMime: EightBitMime = define(() => ({
  kind: 'veto',
  reply: reply(554, '6.3', 'Message is 8-bit and the next host takes 7-bit only'),
}))

/**
 * Like {@link eightBitMime}, but 8-bit content goes unannounced to a server that does not offer 8BITMIME, as many mail
 * servers send it ("just send 8"). Against section 3: an old server may clear the high bit or refuse.
 *
 * @rfc 6152 3
 */
export const eightBitMimeJustSend: EightBitMime = define(() => ({ kind: 'send' }))

function define(notOffered: () => Plan): EightBitMime {
  return defineExtension({
    name: '8bitmime',
    rfc: 6152,
    keyword: '8BITMIME',
    mail: {
      BODY: {
        maxOctets: ' BODY=BINARYMIME'.length,
        parse: readBody,
        format: (value) => value,
      },
    },
    onMail: ({ BODY }, { granted }) =>
      BODY === 'BINARYMIME' && !granted.has('BINARYMIME') ? reply(504, '5.4', 'BINARYMIME is not offered') : proceed,
    client: {
      plan({ body, parameters }, offer, { offers }): Plan {
        const kind = body ?? kinds.get(parameters.BODY)
        if (kind === 'binary') {
          if (offer === undefined || !offers.has('BINARYMIME') || !offers.has('CHUNKING')) return notBinary
          return { kind: 'send', mail: { BODY: 'BINARYMIME' } }
        }
        if (offer === undefined) return kind === '8bit' ? notOffered() : { kind: 'send' }
        return kind === '7bit' ? { kind: 'send' } : { kind: 'send', mail: { BODY: '8BITMIME' } }
      },
    },
  })
}

function readBody(value = ''): BodyValue | undefined {
  const upper = asciiUpper(value)
  return bodies.find((body) => body === upper)
}

const notBinary: Veto = {
  kind: 'veto',
  reply: reply(554, '6.3', 'Message is binary and the next host takes no such content'),
}
const kinds: ReadonlyMap<BodyValue | undefined, BodyKind> = new Map([
  ['7BIT', '7bit'],
  ['8BITMIME', '8bit'],
  ['BINARYMIME', 'binary'],
])
const bodies: readonly BodyValue[] = ['7BIT', '8BITMIME', 'BINARYMIME']
