import {
  defineExtension,
  type Extension,
  type ForwardPath,
  isAscii,
  type ParameterCodec,
  type Plan,
  proceed,
  type Refusal,
  type ReversePath,
  reply,
  type Veto,
} from '@angarium/smtp-wire'
import { flag } from './grammar/flag.ts'

/** Its parameters of MAIL. */
export type SmtpUtf8Mail = { readonly SMTPUTF8: ParameterCodec<true> }

/**
 * Addresses and header fields beyond ASCII. The MAIL parameter SMTPUTF8 has no value and adds 9 octets (the RFC
 * counts 10); it says that a transaction needs them.
 *
 * The switch lets a server session take UTF-8 in commands and addresses. Without the parameter an address beyond ASCII is
 * refused: 550 5.6.7 at MAIL, 553 5.6.7 at RCPT. The server must offer 8BITMIME too, and who writes reports must follow
 * RFC 6533 if DSN is offered. `VRFY` and `EXPN` may have `SMTPUTF8` behind their argument; who answers them looks at that.
 *
 * A client says SMTPUTF8 where a path or a header field needs it, and also where the message came with it and nobody
 * looked. To a server without the keyword such a message must not go: 550 5.6.7 for the sender's address, 550 5.6.9 for
 * the header, 553 5.6.7 for each recipient beyond ASCII, while the others go on. A domain in A-labels is ASCII: who can
 * convert a domain does so before.
 *
 * @rfc 6531 3.1
 * @rfc 6531 3.4
 * @rfc 6531 3.5
 */
export const smtpUtf8: Extension<SmtpUtf8Mail, Record<never, never>> = defineExtension({
  name: 'smtputf8',
  rfc: 6531,
  keyword: 'SMTPUTF8',
  requires: ['8BITMIME'],
  switches: { utf8: true },
  mail: { SMTPUTF8: flag('SMTPUTF8') },
  onMail: ({ SMTPUTF8 }, { reversePath }) =>
    SMTPUTF8 === undefined && !isAsciiPath(reversePath) ? senderBeyond : proceed,
  onRcpt: (_, { mailParameters, forwardPath }) =>
    mailParameters.SMTPUTF8 === undefined && !isAsciiPath(forwardPath) ? recipientBeyond : proceed,
  client: {
    plan({ parameters, reversePath, recipients, utf8Header }, offer): Plan<SmtpUtf8Mail, Record<never, never>> {
      const sender = !isAsciiPath(reversePath)
      const header = utf8Header ?? parameters.SMTPUTF8 !== undefined
      const beyond = recipients.filter(({ forwardPath }) => !isAsciiPath(forwardPath))
      if (!sender && !header && beyond.length === 0) return { kind: 'send' }
      if (offer !== undefined) return { kind: 'send', mail: { SMTPUTF8: true } }
      if (sender) return veto(senderBeyond)
      if (header) return veto(headerBeyond)
      return {
        kind: 'send',
        rcpt: recipients.map((one) =>
          beyond.includes(one) ? veto(recipientBeyond) : { kind: 'send', parameters: {} },
        ),
      }
    },
  },
})

const veto = (refusal: Refusal): Veto => ({ kind: 'veto', reply: refusal })
const senderBeyond: Refusal = reply(550, '6.7', 'Sender address beyond ASCII needs SMTPUTF8')
const recipientBeyond: Refusal = reply(553, '6.7', 'Recipient address beyond ASCII needs SMTPUTF8')
const headerBeyond: Refusal = reply(
  550,
  '6.9',
  'Header beyond ASCII needs SMTPUTF8, which the next host does not offer',
)

/** A path that needs no UTF-8. */
const isAsciiPath = (path: ReversePath | ForwardPath): boolean =>
  path.kind !== 'mailbox' || (isAscii(path.localPart) && isAscii(path.domain))
