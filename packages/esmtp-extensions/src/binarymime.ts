import { defineExtension, type Extension, proceed, reply } from '@angarium/smtp-wire'

/**
 * Content of any octets, lines or not: `BODY=BINARYMIME`, sent by BDAT only.
 *
 * The value belongs to the parameter BODY and is read, written and judged by 8BITMIME; this keyword says that it is taken.
 * It is offered only beside CHUNKING and 8BITMIME. A server answers DATA in a binary transaction with 503. A client
 * announces binary content where BINARYMIME and CHUNKING are offered; elsewhere 8BITMIME's client half refuses it with
 * 554 5.6.3, since it must not be sent "under any circumstances" without conversion. A client that lists 8BITMIME alone
 * must not be given binary content.
 *
 * @rfc 3030 3
 */
export const binaryMime: Extension<Record<never, never>, Record<never, never>> = defineExtension({
  name: 'binarymime',
  rfc: 3030,
  keyword: 'BINARYMIME',
  requires: ['CHUNKING', '8BITMIME'],
  switches: { binary: ({ BODY }) => BODY === 'BINARYMIME' },
  onDataStart: ({ mailParameters, chunked }) =>
    mailParameters.BODY === 'BINARYMIME' && !chunked ? reply(503, '5.1', 'Binary content comes by BDAT') : proceed,
})
