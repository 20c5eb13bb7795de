import {
  decodeXtext,
  defineExtension,
  type Extension,
  encodeXtext,
  formatMailbox,
  type Mailbox,
  type ParameterCodec,
  parseMailbox,
} from '@angarium/smtp-wire'

/** Its parameters of MAIL. */
export type SubmitterMail = { readonly SUBMITTER: ParameterCodec<Mailbox> }

const VALUE_OCTETS = 500

/**
 * Who is responsible for having sent a message, for Sender ID; historic, like that. **Only the parameter is here**: a
 * server that offers it must compare it with the header (550 5.7.1, 554 5.7.7), which nothing here does. It changes
 * neither the reverse-path nor where reports and replies go.
 *
 * ```abnf
 * submitter-value = xtext   ; MAIL SUBMITTER, a mailbox; adds 511 octets here, the RFC names no number
 * ```
 * Each host names its own, so it is not passed on; without it nothing is lost.
 *
 * @rfc 4405 4
 */
export const submitter: Extension<SubmitterMail, Record<never, never>> = defineExtension({
  name: 'submitter',
  rfc: 4405,
  keyword: 'SUBMITTER',
  mail: {
    SUBMITTER: {
      maxOctets: ' SUBMITTER='.length + VALUE_OCTETS,
      parse: readSubmitter,
      format: (mailbox) => encodeXtext(formatMailbox(mailbox)),
    },
  },
  client: { plan: () => ({ kind: 'send' }) },
})

function readSubmitter(value = ''): Mailbox | undefined {
  const text = value.length > VALUE_OCTETS ? undefined : decodeXtext(value)
  return text === undefined ? undefined : parseMailbox(text)
}
