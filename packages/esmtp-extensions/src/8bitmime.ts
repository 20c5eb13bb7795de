import { defineExtension, type Extension, type ParameterCodec, type Plan, reply } from '@angarium/smtp-wire'

/** What the BODY parameter says of the content. */
export type BodyValue = '7BIT' | '8BITMIME'

/** The type of both choices of 8BITMIME. */
export type EightBitMime = Extension<{ readonly BODY: ParameterCodec<BodyValue> }, Record<never, never>>

/**
 * Content with octets above 127.
 *
 * ```abnf
 * body-value = "7BIT" / "8BITMIME"   ; of the MAIL parameter BODY
 * ```
 * A server that lists it keeps every octet as it came; content of this toolkit always is kept so. A client announces
 * BODY=8BITMIME where the server offers it, unless the content is known to be 7-bit. Content known to be 8-bit is not
 * sent to a server that does not offer it: 554 5.6.3, as section 3 demands of a client that does not convert. Content
 * that nobody looked at is sent.
 *
 * @rfc 6152
 */
export const eightBitMime: EightBitMime = define(() => ({
  kind: 'veto',
  reply: reply(554, '6.3', 'Message is 8-bit and the next host takes 7-bit only; conversion is not supported'),
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
        maxOctets: ' BODY=8BITMIME'.length,
        parse: readBody,
        format: (value) => value,
      },
    },
    client: {
      plan({ eightBit }, offer): Plan {
        if (offer === undefined) return eightBit === true ? notOffered() : { kind: 'send' }
        return eightBit === false ? { kind: 'send' } : { kind: 'send', mail: [['BODY', '8BITMIME']] }
      },
    },
  })
}

function readBody(value = ''): BodyValue | undefined {
  if (/^7BIT$/i.test(value)) return '7BIT'
  return /^8BITMIME$/i.test(value) ? '8BITMIME' : undefined
}
