import {
  defineExtension,
  type Extension,
  type ParameterCodec,
  type Plan,
  type Refusal,
  reply,
} from '@angarium/smtp-wire'
import { flag } from './grammar/flag.ts'

/** Its parameters of MAIL. */
export type RequireTlsMail = { readonly REQUIRETLS: ParameterCodec<true> }

/**
 * Messages that travel under TLS all the way or not at all. The MAIL parameter REQUIRETLS has no value and adds 11 octets.
 *
 * Offered only under TLS. Who stores the message must send it, and reports about it, to servers whose name and
 * certificate were verified, and returns no more than its header (RET=FULL is not followed). The client half sees to the
 * rest: without TLS the message is not sent (523 5.7.10), nor to a server that does not offer the keyword (550 5.7.30).
 * Reports, which have no sender, go there nevertheless, without the parameter.
 *
 * @rfc 8689 2
 * @rfc 8689 4.2.1
 * @rfc 8689 5
 */
export const requireTls: Extension<RequireTlsMail, Record<never, never>> = defineExtension({
  name: 'requiretls',
  rfc: 8689,
  keyword: 'REQUIRETLS',
  requires: [{ tls: true }],
  mail: { REQUIRETLS: flag('REQUIRETLS') },
  client: {
    plan({ parameters, reversePath }, offer, { tls }): Plan<RequireTlsMail> {
      if (parameters.REQUIRETLS === undefined) return { kind: 'send' }
      if (tls && offer !== undefined) return { kind: 'send', mail: { REQUIRETLS: true } }
      if (reversePath.kind === 'null') return { kind: 'send' }
      return { kind: 'veto', reply: tls ? notOffered : notSecured }
    },
  },
})

const notSecured: Refusal = reply(523, '7.10', 'TLS is required by the sender, and the next host is not reached by it')
const notOffered: Refusal = reply(
  550,
  '7.30',
  'REQUIRETLS is required by the sender, and the next host does not offer it',
)
