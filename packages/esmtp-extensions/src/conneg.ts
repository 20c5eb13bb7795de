import { defineExtension, type Extension, type ParameterCodec } from '@angarium/smtp-wire'
import { flag } from './grammar/flag.ts'

/** Its parameters of RCPT. */
export type ConNegRcpt = { readonly CONNEG: ParameterCodec<true> }

/**
 * What forms of content a recipient can show. The RCPT parameter CONNEG has no value and adds 7 octets. **Only the
 * parameter is here**: who answers RCPT adds the capabilities to its 250, one line each, all but the first beginning with
 * the word CONNEG. They are no part of this toolkit, nor is a client that makes use of them: it never asks. The question
 * is from one host to the next and is not passed on.
 *
 * @rfc 4141 5.2
 */
export const conNeg: Extension<Record<never, never>, ConNegRcpt> = defineExtension({
  name: 'conneg',
  rfc: 4141,
  keyword: 'CONNEG',
  rcpt: { CONNEG: flag('CONNEG') },
  client: { plan: () => ({ kind: 'send' }) },
})
