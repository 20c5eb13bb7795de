import { defineExtension, type Extension, type ParameterCodec, type Plan, reply } from '@angarium/smtp-wire'
import { flag } from './grammar/flag.ts'

/** Its parameters of MAIL. */
export type ConPermMail = { readonly CONPERM: ParameterCodec<true> }

/**
 * Permission to convert content, as a requirement: convert as the message allows, or hand it to one who will. The MAIL
 * parameter CONPERM has no value and adds 8 octets. **Nothing here converts**: a server that offers the keyword promises
 * to, so nothing should offer it unless all mail goes on to servers that offer it too.
 *
 * A client passes it on where it is offered, and sends nothing where it is not: 554 5.6.3. Where the server offers CONNEG
 * beside it, a client that converts has to ask for each recipient's capabilities; this one does not ask.
 *
 * @rfc 4141 3.3
 * @rfc 4141 4.2
 */
export const conPerm: Extension<ConPermMail, Record<never, never>> = defineExtension({
  name: 'conperm',
  rfc: 4141,
  keyword: 'CONPERM',
  mail: { CONPERM: flag('CONPERM') },
  client: {
    plan({ parameters }, offer): Plan<ConPermMail> {
      if (parameters.CONPERM === undefined) return { kind: 'send' }
      return offer === undefined
        ? { kind: 'veto', reply: reply(554, '6.3', 'The next host does not see to the conversions asked for') }
        : { kind: 'send', mail: { CONPERM: true } }
    },
  },
})
